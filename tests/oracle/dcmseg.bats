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
