# SPDX-License-Identifier: GPL-3.0-or-later
# pydicom reads the same series: every sample of our volume, its place and its hash must be the same.
setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    data=$SHARED/data
    /usr/bin/python3 -c 'import pydicom, numpy' 2>/dev/null || skip "no pydicom for /usr/bin/python3"
}
# Compare a volume and its facts with the files of the series. Uncompressed or RLE files only: pydicom alone decodes these.
same() { # folder, modality
    [ -d "$1" ] || skip "no $1"
    dcmseg -q -t -100000 -s "^$2\$" "$1" -o v.nrrd --json v.json # everything is inside: samples stay as they are
    /usr/bin/python3 - "$1" "$2" <<'PY'
import glob, hashlib, json, os, sys
import numpy as np, pydicom
files = [f for f in glob.glob(sys.argv[1] + '/**/*', recursive=True) if os.path.isfile(f)]
slices = []
for f in files:
    try: d = pydicom.dcmread(f)
    except pydicom.errors.InvalidDicomError: continue
    if d.get('Modality') == sys.argv[2] and 'PixelData' in d: slices.append(d)
x, y = (np.array([float(v) for v in slices[0].ImageOrientationPatient]).reshape(2, 3))
n = np.cross(x, y)
slices.sort(key=lambda d: float(np.dot([float(v) for v in d.ImagePositionPatient], n)))
stored = [d.pixel_array for d in slices]
want = np.stack([p.astype(np.float64) * float(d.get('RescaleSlope', 1)) + float(d.get('RescaleIntercept', 0)) for p, d in zip(stored, slices)])
pad = np.stack([p == d.PixelPaddingValue if 'PixelPaddingValue' in d else np.zeros(p.shape, bool) for p, d in zip(stored, slices)])
want[pad] = want[~pad].min()
raw = open('v.nrrd', 'rb').read()
head, _, body = raw.partition(b'\n\n')
key = dict(l.split(': ', 1) for l in head.decode().splitlines()[1:] if ': ' in l and ':=' not in l)
got = np.frombuffer(body, {'short': '<i2', 'float': '<f4'}[key['type']]).reshape([int(v) for v in key['sizes'].split()][::-1])
assert got.shape == want.shape, (got.shape, want.shape)
assert (got == want.astype(got.dtype)).all(), 'samples differ'
assert (want == want.astype(np.int16)).all() == (key['type'] == 'short')
rows = [np.array([float(c) for c in v.strip('()').split(',')]) for v in key['space directions'].split()]
ds = [float(v) for v in slices[0].PixelSpacing]
p0, p1 = (np.array([float(v) for v in d.ImagePositionPatient]) for d in (slices[0], slices[-1]))
for r, w in zip(rows, (x * ds[1], y * ds[0], (p1 - p0) / (len(slices) - 1))): assert np.abs(r - w).max() < 1e-5, (r, w)
assert np.abs(np.array([float(c) for c in key['space origin'].strip('()').split(',')]) - p0).max() < 1e-9
sha = hashlib.sha256(b''.join(hashlib.sha256(p.astype(p.dtype.newbyteorder('<')).tobytes()).digest() for p in stored)).hexdigest()
src = json.load(open('v.json'))['source']
assert src['sha256_pixels'] == sha, (src['sha256_pixels'], sha)
assert src['instances'] == len(slices)
PY
}

@test "CT with padding" { same "$data/ct-abdomen-ge-crlm-1004" CT; }
@test "CT, implicit" { same "$data/rtstruct-sts-012/CT" CT; }
@test "PET: a slope for each slice" { same "$data/mixed-ct-mr-pt-sts-002" PT; }
@test "MR in a mixed folder" { same "$data/mixed-ct-mr-pt-sts-002" MR; }
@test "MR, oblique, an intercept for each slice" { same "$data/mr-oblique-nonisotropic" MR; }
@test "MR, sagittal" { same "$data/mr-seg-breast-ucsf-br-06" MR; }
@test "synthetic CT, unsigned" { same "$data/phantom-ibsi2-sphere" CT; }
@test "tilted phantom, shuffled files, noise" {
    gen_series --body ct --size 48x40x20 --tilt 17 --noise 15 --vary-rescale -o tilted
    same tilted CT
}

@test "CT and MR of the other series with contours and segmentations" {
    same "$data/rtstruct-sts-012" MR
    same "$data/rtstruct-sts-025" CT
    same "$data/rtstruct-sts-025" MR
    same "$data/mixed-ct-mr-pt-sts-002" CT
    same "$data/seg-phantom-24x38x3/image" CT
    same "$data/dicomdir-mixed/98892001/CT5N" CT
}

# A stack with uneven steps, made even by numpy: linear along the normal, places from the files alone.
even() { # folder, choice, slices that are to come out
    [ -d "$1" ] || skip "no $1"
    dcmseg -q -t -100000 --gaps "$2" "$1" -o v.nrrd --json v.json
    /usr/bin/python3 - "$1" "$3" <<'PY'
import glob, json, os, sys
import numpy as np, pydicom
slices = []
for f in glob.glob(sys.argv[1] + '/**/*', recursive=True):
    try: slices.append(pydicom.dcmread(f))
    except (pydicom.errors.InvalidDicomError, IsADirectoryError): pass
x, y = np.array([float(v) for v in slices[0].ImageOrientationPatient]).reshape(2, 3)
n = np.cross(x, y)
pos = lambda d: np.array([float(v) for v in d.ImagePositionPatient])
slices.sort(key=lambda d: pos(d) @ n)
v = np.stack([d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in slices])
pad = np.stack([d.pixel_array == d.PixelPaddingValue if 'PixelPaddingValue' in d else np.zeros(d.pixel_array.shape, bool) for d in slices])
if pad.any(): v[pad] = v[~pad].min()
at = np.array([pos(d) @ n for d in slices])
m = int(sys.argv[2])
want = np.linspace(at[0], at[-1], m)
i = np.clip(np.searchsorted(at, want, side='right') - 1, 0, len(at) - 2)
w = ((want - at[i]) / (at[i + 1] - at[i]))[:, None, None]
ref = v[i] + w * (v[i + 1] - v[i])
raw = open('v.nrrd', 'rb').read()
head, _, body = raw.partition(b'\n\n')
key = dict(l.split(': ', 1) for l in head.decode().splitlines()[1:] if ': ' in l and ':=' not in l)
got = np.frombuffer(body, {'short': '<i2', 'float': '<f4'}[key['type']]).reshape(ref.shape)
assert np.abs(got - ref).max() <= 0.5 + 0.05, np.abs(got - ref).max() # rounded to whole numbers; places are rounded in the files
rows = [np.array([float(c) for c in t.strip('()').split(',')]) for t in key['space directions'].split()]
assert np.abs(rows[2] - (pos(slices[-1]) - pos(slices[0])) / (m - 1)).max() < 1e-6
made = json.load(open('v.json'))['source']['gaps']
assert made['read'] == len(slices) and made['made'] == sum(b - a + 1 for a, b in made['made_slices'])
PY
}
@test "CT in JPEG 2000" {
    /usr/bin/python3 -c 'import PIL.features, sys; sys.exit(not PIL.features.check("jpg_2000"))' || skip "no JPEG 2000 for pydicom"
    same "$data/ct-abdomen-siemens-j2k-labels" CT
}
@test "missing slice, filled" { even "$data/ct-irregular/missing-slice" interpolate 5; }
@test "gantry tilt and two slice distances, made even" { even "$data/ct-head-ge-tilt-variable-spacing" resample 135; }

@test "two volumes in one series: each is one run of instance numbers" {
    [ -d "$data/mr-4d-ge-dti" ] || skip "no mr-4d-ge-dti"
    for k in 1 2; do dcmseg -q -t -100000 --phase $k "$data/mr-4d-ge-dti" -o $k.nrrd; done
    /usr/bin/python3 - "$data/mr-4d-ge-dti" <<'PY'
import glob, sys
import numpy as np, pydicom
d = sorted((pydicom.dcmread(f) for f in glob.glob(sys.argv[1] + '/*.dcm')), key=lambda d: int(d.InstanceNumber))
for k in (0, 1):
    run = sorted(d[4 * k:4 * k + 4], key=lambda s: float(s.ImagePositionPatient[2]))
    got = np.frombuffer(open('%d.nrrd' % (k + 1), 'rb').read().partition(b'\n\n')[2], '<i2').reshape(4, 128, 128)
    assert (got == np.stack([s.pixel_array for s in run])).all()
PY
}

@test "Enhanced MR: samples, slope and place of each frame" {
    f=$data/enhanced-multiframe/IM-0001-0170-0001.dcm
    [ -f "$f" ] || skip "no enhanced-multiframe"
    dcmseg -q -t -100000 "$f" -o v.nrrd
    /usr/bin/python3 - "$f" <<'PY'
import sys
import numpy as np, pydicom
d = pydicom.dcmread(sys.argv[1])
g = d.PerFrameFunctionalGroupsSequence
pos = np.array([[float(v) for v in f.PlanePositionSequence[0].ImagePositionPatient] for f in g])
o = np.array([float(v) for v in g[0].PlaneOrientationSequence[0].ImageOrientationPatient]).reshape(2, 3)
order = np.argsort(pos @ np.cross(*o))
t = [f.PixelValueTransformationSequence[0] for f in g]
want = np.stack([d.pixel_array[k] * float(t[k].RescaleSlope) + float(t[k].RescaleIntercept) for k in order])
raw = open('v.nrrd', 'rb').read()
head, _, body = raw.partition(b'\n\n')
got = np.frombuffer(body, '<f4').reshape(want.shape)
assert (got == want.astype('f4')).all()
key = dict(l.split(': ', 1) for l in head.decode().splitlines()[1:] if ': ' in l and ':=' not in l)
assert np.abs(np.array([float(c) for c in key['space origin'].strip('()').split(',')]) - pos[order[0]]).max() < 1e-9
PY
}

@test "frames of an object without groups, one by one" {
    f=$data/enhanced-multiframe/emri_small.dcm
    [ -f "$f" ] || skip "no enhanced-multiframe"
    for n in 1 4 10; do dcmseg -q --frame $n "$f" -o $n.nrrd; done
    /usr/bin/python3 - "$f" <<'PY'
import sys
import numpy as np, pydicom
a = pydicom.dcmread(sys.argv[1]).pixel_array
for n in (1, 4, 10):
    got = np.frombuffer(open('%d.nrrd' % n, 'rb').read().partition(b'\n\n')[2], '<i2').reshape(64, 64)
    assert (got == a[n - 1]).all(), n
PY
}
