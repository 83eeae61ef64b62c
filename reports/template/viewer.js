/* SPDX-License-Identifier: GPL-3.0-or-later */
/* three.js and OrbitControls, above: Copyright 2010-2019 three.js authors, MIT licence: Permission is hereby granted, free of
 * charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the
 * Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute,
 * sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
 * following conditions: The above copyright notice and this permission notice shall be included in all copies or substantial
 * portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
 * LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS
 * OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
 * ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE. */
/* The 3D view of a report. Contents: data - scene - camera - slice - colours - points and lengths - controls - begin.
 * All is in millimetres; the scene's origin is the middle of the box, so that float32 holds far places too. */
(async function () {
  'use strict';
  const $ = id => document.getElementById(id), stage = $('v-stage');
  if (!window.DecompressionStream) return;

  // ---- data (reports/scene.h) ----
  const facts = JSON.parse($('scene').textContent);
  async function unpack() {
    const packed = Uint8Array.from(atob($('mesh').textContent), c => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  const bytes = await unpack();
  let at = 0;
  function number() {
    let x = 0, scale = 1, b;
    do { b = bytes[at++]; x += (b & 127) * scale; scale *= 128; } while (b & 128);
    return x;
  }
  const centre = facts.lo.map((lo, i) => (lo + facts.hi[i]) / 2), size = Math.hypot(...facts.lo.map((lo, i) => facts.hi[i] - lo)) || 1;
  const position = new Float32Array(3 * facts.vertices), last = [0, 0, 0];
  for (let i = 0; i < position.length; i++) {
    const z = number(), c = i % 3;
    last[c] += z % 2 ? -(z + 1) / 2 : z / 2;
    position[i] = facts.origin[c] + last[c] * facts.step - centre[c];
  }
  const index = new Uint32Array(3 * facts.triangles);
  for (let i = 0, next = 0; i < index.length; i++) {
    index[i] = next - number();
    if (index[i] === next) next++;
  }
  const shade = facts.quality ? bytes.subarray(at, at + facts.vertices) : null;
  const outside = p => p.toArray().map((x, i) => x + centre[i]); // patient coordinates of a point of the scene
  const inside = a => new THREE.Vector3(...a.map((x, i) => x - centre[i]));

  // ---- scene ----
  let renderer;
  try { renderer = new THREE.WebGLRenderer({ alpha: true, antialias: true, stencil: true }); } catch (e) { return; }
  $('v-none').hidden = true;
  $('viewer').hidden = false;
  renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));
  renderer.localClippingEnabled = true;
  renderer.setClearColor(0, 0);
  stage.prepend(renderer.domElement);
  const scene = new THREE.Scene(), camera = new THREE.OrthographicCamera(-1, 1, 1, -1, -20 * size, 20 * size);
  const light = new THREE.DirectionalLight(0xffffff, .6);
  scene.add(new THREE.HemisphereLight(0xffffff, 0x8a939c, .6), light);
  const shared = new THREE.BufferGeometry();
  shared.setAttribute('position', new THREE.BufferAttribute(position, 3));
  shared.setIndex(new THREE.BufferAttribute(index, 1));
  shared.computeVertexNormals();
  const plane = new THREE.Plane(new THREE.Vector3(0, 0, -1), 0);
  let planes = [];

  // The closed surface of a part: its own triangles, and those that it shares as the part behind, turned round.
  function surface(label) {
    const list = [];
    let first = 0;
    for (const [front, back, n] of facts.runs) {
      for (let t = first; t < first + n; t++) {
        if (front === label) list.push(index[3 * t], index[3 * t + 1], index[3 * t + 2]);
        if (back && back === label) list.push(index[3 * t], index[3 * t + 2], index[3 * t + 1]);
      }
      first += n;
    }
    return list;
  }
  const parts = facts.parts.map((part, i) => {
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute('position', shared.attributes.position);
    if (facts.parts.length === 1 && !facts.runs[0][1]) {
      geometry.setAttribute('normal', shared.attributes.normal);
      geometry.setIndex(shared.index);
    } else {
      geometry.setIndex(new THREE.Uint32BufferAttribute(surface(part.label), 1));
      geometry.computeVertexNormals();
    }
    geometry.boundingSphere = new THREE.Sphere(new THREE.Vector3(), size);
    const rgb = new THREE.Color(...part.rgb.map(x => x / 255)), group = new THREE.Group();
    const front = new THREE.Mesh(geometry, new THREE.MeshLambertMaterial({ color: rgb, side: THREE.FrontSide }));
    const back = new THREE.Mesh(geometry, new THREE.MeshLambertMaterial({ color: 0xb03a2e, side: THREE.BackSide }));
    // Caps: the stencil counts back faces less front faces behind the plane; where some is left the plane is inside.
    const count = (side, op) => {
      const m = new THREE.Mesh(geometry, new THREE.MeshBasicMaterial({
        side, depthWrite: false, depthTest: false, colorWrite: false, stencilWrite: true, stencilFunc: THREE.AlwaysStencilFunc,
        stencilFail: op, stencilZFail: op, stencilZPass: op, clippingPlanes: [plane] }));
      m.renderOrder = 2 * i + 1;
      m.visible = false;
      return m;
    };
    const counts = [count(THREE.BackSide, THREE.IncrementWrapStencilOp), count(THREE.FrontSide, THREE.DecrementWrapStencilOp)];
    const cap = new THREE.Mesh(new THREE.PlaneBufferGeometry(3 * size, 3 * size), new THREE.MeshBasicMaterial({
      color: rgb.clone().multiplyScalar(.82), side: THREE.DoubleSide, stencilWrite: true, stencilRef: 0,
      stencilFunc: THREE.NotEqualStencilFunc, stencilFail: THREE.ReplaceStencilOp, stencilZFail: THREE.ReplaceStencilOp,
      stencilZPass: THREE.ReplaceStencilOp }));
    cap.renderOrder = 2 * i + 2;
    cap.onAfterRender = r => r.clearStencil();
    cap.visible = false;
    front.renderOrder = back.renderOrder = 2 * facts.parts.length + 2;
    group.add(front, back, ...counts, cap);
    scene.add(group);
    return { name: part.name, rgb, group, front, back, counts, cap, geometry };
  });

  // ---- camera ----
  const controls = new THREE.OrbitControls(camera, renderer.domElement);
  camera.up.set(0, 0, 1);
  controls.enableKeys = false;
  controls.screenSpacePanning = true;
  const near = 1e-4; // from above and below: a little to one side, which says what is up
  const views = facts.patient
    ? [['Front', 0, -1, 0], ['Back', 0, 1, 0], ['Left', 1, 0, 0], ['Right', -1, 0, 0], ['Above', 0, near, 1], ['Below', 0, -near, -1]]
    : [['-y', 0, -1, 0], ['+y', 0, 1, 0], ['+x', 1, 0, 0], ['-x', -1, 0, 0], ['+z', 0, near, 1], ['-z', 0, -near, -1]];
  let asked = false;
  const draw = () => { if (!asked) { asked = true; requestAnimationFrame(render); } };
  function look(direction, target) {
    controls.target.copy(target || new THREE.Vector3());
    camera.position.copy(controls.target).addScaledVector(new THREE.Vector3(...direction).normalize(), 2 * size);
    controls.update();
    draw();
  }
  function resize() {
    const w = stage.clientWidth || 1, h = stage.clientHeight || 1;
    const half = .55 * size;
    renderer.setSize(w, h, false);
    const k = Math.max(1, h / w);
    camera.left = -half * k * w / h; camera.right = half * k * w / h; camera.top = half * k; camera.bottom = -half * k;
    camera.updateProjectionMatrix();
    draw();
  }
  function fit() { // the box fills the view as seen from there
    const x = new THREE.Vector3(), y = new THREE.Vector3(), z = new THREE.Vector3();
    camera.updateMatrixWorld();
    camera.matrixWorld.extractBasis(x, y, z);
    const across = v => facts.lo.reduce((sum, lo, i) => sum + Math.abs(v.getComponent(i)) * (facts.hi[i] - lo), 0) || size / 100;
    camera.zoom = Math.min((camera.right - camera.left) / across(x), (camera.top - camera.bottom) / across(y)) * .84;
    camera.updateProjectionMatrix();
    draw();
  }
  const pixel = () => (camera.right - camera.left) / camera.zoom / (stage.clientWidth || 1); // mm
  function letters(v) { // what lies in that direction: L to the left of the patient, P behind, S above
    const names = facts.patient ? ['LR', 'PA', 'SI'] : [['+x', '-x'], ['+y', '-y'], ['+z', '-z']];
    return [0, 1, 2].map(i => [Math.abs(v.getComponent(i)), names[i][v.getComponent(i) < 0 ? 1 : 0]])
      .filter(x => x[0] > .38).sort((a, b) => b[0] - a[0]).map(x => x[1]).join('');
  }
  function marks() {
    const x = new THREE.Vector3(), y = new THREE.Vector3(), z = new THREE.Vector3();
    camera.matrixWorld.extractBasis(x, y, z);
    light.position.copy(z).addScaledVector(x, .35).addScaledVector(y, .5);
    $('v-r').textContent = letters(x); $('v-l').textContent = letters(x.clone().negate());
    $('v-t').textContent = letters(y); $('v-b').textContent = letters(y.clone().negate());
    const wide = pixel() * stage.clientWidth / 3;
    let step = Math.pow(10, Math.floor(Math.log10(wide)));
    step *= step * 5 <= wide ? 5 : step * 2 <= wide ? 2 : 1;
    $('v-bar').style.width = step / pixel() + 'px';
    $('v-mm').textContent = +step.toPrecision(1) + '\u00a0mm';
  }

  // ---- slice ----
  let axis = -1;
  for (const [i, name] of (facts.patient ? ['left to right', 'front to back', 'head to feet'] : ['x', 'y', 'z']).entries())
    $('v-axis').add(new Option(name, i));
  function slice() {
    axis = $('v-axis').value === '' ? -1 : +$('v-axis').value;
    const on = axis >= 0;
    $('v-slice').disabled = !on;
    planes = on ? [plane] : [];
    if (on) {
      const value = facts.lo[axis] + (facts.hi[axis] - facts.lo[axis]) * $('v-slice').value / 1000;
      // what is taken away is on the side that the eye is on
      const side = camera.position.getComponent(axis) < controls.target.getComponent(axis) ? 1 : -1;
      plane.normal.set(0, 0, 0).setComponent(axis, side);
      plane.constant = -side * (value - centre[axis]);
      $('v-at').textContent = 'xyz'[axis] + ' = ' + value.toFixed(1) + ' mm';
    } else $('v-at').textContent = '';
    for (const p of parts) {
      p.front.material.clippingPlanes = p.back.material.clippingPlanes = planes;
      for (const m of p.counts) m.visible = on;
      p.cap.visible = on;
      plane.coplanarPoint(p.cap.position);
      p.cap.lookAt(p.cap.position.clone().add(plane.normal));
    }
    stage.dataset.slice = on ? 'xyz'[axis] : '';
    draw();
  }

  // ---- colours ----
  const ramp = facts.quality && facts.quality.diverges
    ? [[33, 102, 172], [146, 197, 222], [247, 247, 247], [244, 165, 130], [178, 24, 43]]
    : [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  function colour() {
    const on = $('v-colour').value === 'quality';
    if (on && !shared.attributes.color) {
      const rgb = new Float32Array(3 * facts.vertices).fill(.6);
      shade.forEach((s, v) => {
        if (!s) return;
        const f = (s - 1) / 254 * (ramp.length - 1), k = Math.min(Math.floor(f), ramp.length - 2);
        for (let c = 0; c < 3; c++) rgb[3 * v + c] = (ramp[k][c] + (ramp[k + 1][c] - ramp[k][c]) * (f - k)) / 255;
      });
      shared.setAttribute('color', new THREE.BufferAttribute(rgb, 3));
    }
    for (const p of parts) {
      if (on) p.geometry.setAttribute('color', shared.attributes.color);
      p.front.material.vertexColors = on ? THREE.VertexColors : THREE.NoColors;
      p.front.material.color.copy(on ? new THREE.Color(1, 1, 1) : p.rgb);
      p.front.material.needsUpdate = true;
    }
    $('v-legend').hidden = !on;
    stage.dataset.colour = on ? 'quality' : 'parts';
    draw();
  }
  if (facts.quality) {
    $('v-colour').add(new Option('parts', 'parts'));
    $('v-colour').add(new Option(facts.quality.name, 'quality'));
    $('v-colour-box').hidden = false;
    $('v-hi').textContent = facts.quality.hi.toPrecision(3) + ' mm';
    $('v-lo').textContent = facts.quality.lo.toPrecision(3) + ' mm';
    $('v-ramp').style.background = 'linear-gradient(to top,' + ramp.map(c => 'rgb(' + c + ')').join(',') + ')';
    $('v-colour').addEventListener('change', colour);
  }

  // ---- points and lengths ----
  const ball = new THREE.SphereBufferGeometry(1, 16, 12), pins = [];
  function pin(point, rgb, text) {
    const mesh = new THREE.Mesh(ball, new THREE.MeshBasicMaterial({ color: rgb, depthTest: false, transparent: true }));
    mesh.position.copy(point);
    mesh.renderOrder = 1e6;
    scene.add(mesh);
    const label = document.createElement('span');
    label.className = 'v-label';
    label.textContent = text;
    label.hidden = !text;
    stage.append(label);
    pins.push({ mesh, label });
    draw();
    return pins[pins.length - 1];
  }
  function unpin(list) {
    for (const p of list) {
      scene.remove(p.mesh);
      p.label.remove();
      pins.splice(pins.indexOf(p), 1);
    }
    list.length = 0;
  }
  const ray = new THREE.Raycaster(), ends = [];
  let line = null;
  function hit(x, y) { // of -1 to 1 across the view; null: nothing there
    ray.setFromCamera(new THREE.Vector2(x, y), camera);
    ray.ray.origin.addScaledVector(ray.ray.direction, -4 * size);
    const kept = ray.intersectObjects(parts.filter(p => p.group.visible).map(p => p.front))
      .filter(h => !planes.length || plane.distanceToPoint(h.point) >= 0);
    return kept.length ? kept[0].point : null;
  }
  const said = text => { $('v-said').textContent = text; };
  const place = p => '(' + outside(p).map(x => x.toFixed(2)).join(', ') + ') mm';
  function clearLength() {
    unpin(ends);
    if (line) scene.remove(line);
    line = null;
    delete stage.dataset.length;
    draw();
  }
  function measuring(on) {
    $('v-measure').setAttribute('aria-pressed', on);
    stage.style.cursor = on ? 'crosshair' : '';
    if (!on) clearLength();
    said(on ? 'Take two points on the model.' : '');
  }
  const isMeasuring = () => $('v-measure').getAttribute('aria-pressed') === 'true';
  function take(point) {
    if (!point) return said('There is no surface at that point.');
    if (ends.length === 2) clearLength();
    ends.push(pin(point, 0x1b5e8c, ''));
    if (ends.length === 1) return said('First point ' + place(point) + '. Take the second.');
    const [a, b] = ends.map(e => e.mesh.position), mm = a.distanceTo(b);
    line = new THREE.Line(new THREE.BufferGeometry().setFromPoints([a, b]),
      new THREE.LineBasicMaterial({ color: 0x1b5e8c, depthTest: false, transparent: true }));
    line.renderOrder = 1e6;
    scene.add(line);
    ends[1].label.textContent = mm.toFixed(2) + '\u00a0mm';
    ends[1].label.hidden = false;
    stage.dataset.length = mm.toFixed(4);
    said(mm.toFixed(2) + ' mm between ' + place(a) + ' and ' + place(b) +
      (facts.moved_mm ? '; a preview, known to ' + (2 * facts.moved_mm).toFixed(2) + ' mm.' : '.'));
    draw();
  }
  function settle() { // pins keep their size on the screen
    const v = new THREE.Vector3();
    for (const { mesh, label } of pins) {
      mesh.scale.setScalar(5 * pixel());
      v.copy(mesh.position).project(camera);
      label.style.left = (v.x + 1) / 2 * stage.clientWidth + 'px';
      label.style.top = (1 - v.y) / 2 * stage.clientHeight + 'px';
    }
  }
  if (facts.places.length) {
    $('v-goto').add(new Option('\u2026', ''));
    const placed = facts.places.map(p => pin(inside(p.at), p.kind === 'Landmark' ? 0x0072b2 : 0xd55e00, p.name || p.kind));
    // Of many places only landmarks and the one gone to have their names in the view.
    const name = chosen => placed.forEach((q, i) => { q.label.hidden = facts.places[i].kind !== 'Landmark' && i !== chosen; });
    name(-1);
    facts.places.forEach((p, i) => {
      $('v-goto').add(new Option(p.name ? p.kind + ': ' + p.name : p.kind, i));
    });
    $('v-goto-box').hidden = false;
    $('v-goto').addEventListener('change', () => {
      const p = facts.places[$('v-goto').value];
      name(p ? +$('v-goto').value : -1);
      if (!p) return draw();
      const d = camera.position.clone().sub(controls.target), target = inside(p.at);
      camera.zoom = 5;
      camera.updateProjectionMatrix();
      look(target.lengthSq() > 0 && d.dot(target) < 0 ? target.toArray() : d.toArray(), target);
      said(p.kind + (p.name ? ' ' + p.name : '') + ' at ' + place(target));
      stage.dataset.target = p.at.map(x => x.toFixed(3)).join(',');
    });
  }

  // ---- controls ----
  if (parts.length > 1) {
    for (const p of parts) {
      const label = document.createElement('label'), box = document.createElement('input'), chip = document.createElement('span');
      box.type = 'checkbox';
      box.checked = true;
      chip.className = 'chip';
      chip.style.background = '#' + p.rgb.getHexString();
      label.append(box, chip, p.name);
      box.addEventListener('change', () => { p.group.visible = box.checked; draw(); });
      $('v-parts').append(label);
    }
    $('v-parts').hidden = false;
  }
  views.forEach(([name, ...direction], i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.addEventListener('click', () => { look(direction); fit(); slice(); });
    button.title = 'key ' + (i + 1);
    $('v-from').append(button);
  });
  function reset() {
    measuring(false);
    $('v-axis').value = '';
    resize();
    look(views[0].slice(1));
    fit();
    slice();
  }
  function turn(across, up) {
    const s = new THREE.Spherical(), q = new THREE.Quaternion().setFromUnitVectors(camera.up, new THREE.Vector3(0, 1, 0));
    const offset = camera.position.clone().sub(controls.target).applyQuaternion(q);
    s.setFromVector3(offset);
    s.theta -= across;
    s.phi -= up;
    s.makeSafe();
    camera.position.setFromSpherical(s).applyQuaternion(q.inverse()).add(controls.target);
  }
  function move(across, up) {
    const x = new THREE.Vector3(), y = new THREE.Vector3(), z = new THREE.Vector3();
    camera.matrixWorld.extractBasis(x, y, z);
    const d = x.multiplyScalar(across * 30 * pixel()).addScaledVector(y, up * 30 * pixel());
    camera.position.add(d);
    controls.target.add(d);
  }
  function key(e) {
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (arrow) (e.shiftKey ? move : (x, y) => turn(x * Math.PI / 24, y * Math.PI / 24))(...arrow);
    else if (e.key === '+' || e.key === '=') camera.zoom *= 1.2;
    else if (e.key === '-') camera.zoom /= 1.2;
    else if (e.key >= '1' && e.key <= '6') { look(views[+e.key - 1].slice(1)); fit(); }
    else if (e.key === '0') reset();
    else if (e.key === 'm' || e.key === 'M') measuring(!isMeasuring());
    else if (e.key === 'Escape') measuring(false);
    else if (e.key === 'Enter' && isMeasuring()) take(hit(0, 0));
    else if (e.key === 's' || e.key === 'S') $('v-axis').selectedIndex = ($('v-axis').selectedIndex + 1) % 4;
    else if (e.key === '[' || e.key === ']') $('v-slice').value = +$('v-slice').value + (e.key === ']' ? 20 : -20);
    else return;
    e.preventDefault();
    camera.updateProjectionMatrix();
    controls.update();
    slice();
  }
  let down = null;
  stage.addEventListener('pointerdown', e => { down = [e.clientX, e.clientY]; stage.focus({ preventScroll: true }); });
  stage.addEventListener('pointerup', e => {
    const box = stage.getBoundingClientRect();
    if (isMeasuring() && down && e.button === 0 && Math.hypot(e.clientX - down[0], e.clientY - down[1]) < 4)
      take(hit((e.clientX - box.left) / box.width * 2 - 1, 1 - (e.clientY - box.top) / box.height * 2));
    down = null;
  });
  // The wheel scrolls the page until the view has the focus.
  controls.enableZoom = false;
  stage.addEventListener('focus', () => { controls.enableZoom = true; });
  stage.addEventListener('blur', () => { controls.enableZoom = false; });
  stage.addEventListener('keydown', key);
  $('v-measure').addEventListener('click', () => measuring(!isMeasuring()));
  $('v-reset').addEventListener('click', reset);
  $('v-axis').addEventListener('change', slice);
  $('v-slice').addEventListener('input', slice);
  controls.addEventListener('change', draw);
  new ResizeObserver(resize).observe(stage);

  // ---- begin ----
  function render() {
    asked = false;
    camera.updateMatrixWorld();
    marks();
    settle();
    renderer.render(scene, camera);
    stage.dataset.triangles = renderer.info.render.triangles;
    stage.dataset.zoom = camera.zoom.toFixed(3);
    stage.dataset.eye = camera.position.clone().sub(controls.target).normalize().toArray().map(x => x.toFixed(3)).join(',');
    stage.dataset.state = 'ready';
  }
  reset();
})();
