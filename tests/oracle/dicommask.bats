# SPDX-License-Identifier: GPL-3.0-or-later
# pydicom reads the same data sets, sequences and all; its pixels make the same segments, sample by sample; and contours make the masks
# that their authors drew.
setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    data=$SHARED/data
    /usr/bin/python3 -c 'import pydicom, numpy' 2>/dev/null || skip "no pydicom for /usr/bin/python3"
    [ -d "$data" ] || skip "no $data"
}

@test "every element of every data set with sequences, in every encoding" {
    cat >ask.py <<'PY'
import subprocess, sys
import pydicom
from pydicom.sequence import Sequence
asked = wrong = 0
def walk(ds, path, out):
    for e in ds:
        if e.tag.group >= 0x7fe0 or e.tag.is_private_creator: continue
        here = path + '%08x' % e.tag
        out.append((here, e))
        if isinstance(e.value, Sequence):
            for i, item in enumerate(e.value): walk(item, here + '[%d] ' % i, out)
def numbers(e):
    v = [] if e.value is None or e.value == '' else e.value if isinstance(e.value, (list, pydicom.multival.MultiValue)) else [e.value]
    return [float(x) for x in v]
for f in sys.argv[2:]:
    ds = pydicom.dcmread(f, force=True)
    out = []
    walk(ds, '', out)
    got = subprocess.run([sys.argv[1], f], input='\n'.join(p for p, _ in out) + '\n', capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(got) == len(out), f
    for (path, e), line in zip(out, got):
        kind, _, rest = line.partition(' ')
        if isinstance(e.value, Sequence): good = line == 'items %d' % len(e.value)
        elif e.VR in ('DS', 'IS', 'US', 'SS', 'UL', 'SL', 'FD', 'FL'):
            want = numbers(e)
            good = [float(x) for x in rest.split()] == want if kind == 'numbers' else not want
        elif e.VR in ('UI', 'CS', 'SH', 'LO', 'DA', 'TM'):
            raw = bytes.fromhex(rest) if kind == 'bytes' else b'?'
            v = e.value if e.value is not None else ''
            want = '\\'.join(v) if isinstance(v, (list, pydicom.multival.MultiValue)) else str(v)
            good = raw.decode('latin-1').rstrip(' \0') == want.rstrip() or not want.isascii() or '\\' in want
        else: good = kind != 'none'
        asked += 1
        if not good:
            wrong += 1
            print(f, path, e.VR, repr(e.value)[:60], line[:80])
print(asked, 'elements')
assert asked > 5000 and not wrong, wrong
PY
    /usr/bin/python3 ask.py "$B/tests/lib/tree_ask" "$data"/ct-seg-liver-dcmqi/*.dcm "$data"/ct-seg-liver-dcmqi/seg-encodings/*.dcm \
        "$data"/seg-phantom-24x38x3/{seg/label.seg,multiframe/mf.dcm,*.dcm} "$data"/dicomdir-mixed/{DICOMDIR,seg-of-77654033-CT2/*} \
        "$data"/enhanced-multiframe/*.dcm "$data"/mr-seg-breast-ucsf-br-06/seg.dcm "$data"/sr-tid1500-headneck-0003/*.dcm \
        "$data"/rtstruct-sts-012/RTSTRUCT_*.dcm "$data"/mixed-ct-mr-pt-sts-002/dicom/*_RS.dcm
}

@test "segments: the same samples in the same places" {
    cat >same.py <<'PY'
import sys
import numpy as np, pydicom
seg, label, vol, level = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
ds = pydicom.dcmread(seg)
rows, cols, n = ds.Rows, ds.Columns, int(ds.NumberOfFrames)
raw = np.frombuffer(ds.PixelData, np.uint8)
if ds.BitsAllocated == 1: px = np.unpackbits(raw, bitorder='little')[:n * rows * cols]
else: px = raw[:n * rows * cols]
px = px.reshape(n, rows, cols)
shared = ds.SharedFunctionalGroupsSequence[0]
want = set()
for i, p in enumerate(ds.PerFrameFunctionalGroupsSequence):
    if ds.SegmentationType != 'LABELMAP' and p.SegmentIdentificationSequence[0].ReferencedSegmentNumber != label: continue
    on = px[i] == label if ds.SegmentationType == 'LABELMAP' else px[i] >= level
    o = np.array(p.get('PlaneOrientationSequence', shared.get('PlaneOrientationSequence'))[0].ImageOrientationPatient, float)
    dr, dc = map(float, p.get('PixelMeasuresSequence', shared.get('PixelMeasuresSequence'))[0].PixelSpacing)
    pos = np.array(p.PlanePositionSequence[0].ImagePositionPatient, float)
    for r, c in zip(*np.nonzero(on)): want.add(tuple(np.round(pos + c * dc * o[:3] + r * dr * o[3:], 2)))
raw = open(vol, 'rb').read()
head, _, body = raw.partition(b'\n\n')
key = dict(l.split(': ', 1) for l in head.decode().splitlines()[1:] if ': ' in l and ':=' not in l)
got = np.frombuffer(body, np.uint8).reshape([int(v) for v in key['sizes'].split()][::-1])
vec = [np.array([float(c) for c in v.strip('()').split(',')]) for v in key['space directions'].split()]
org = np.array([float(c) for c in key['space origin'].strip('()').split(',')])
k, j, i = np.nonzero(got)
have = np.round(org + i[:, None] * vec[0] + j[:, None] * vec[1] + k[:, None] * vec[2], 2)
have = set(map(tuple, have))
assert len(have) == int((got > 0).sum()) == len(want), (len(have), len(want))
tree = np.array(sorted(want)) - np.array(sorted(have))
assert np.abs(tree).max() < 0.011, np.abs(tree).max()
PY
    while read -r file label level; do
        dcmseg -q "$data/$file" --label "$label" --output labels -o v.nrrd
        /usr/bin/python3 same.py "$data/$file" "$label" v.nrrd "$level"
    done <<'END'
ct-seg-liver-dcmqi/liver.dcm 1 1
ct-seg-liver-dcmqi/partial_overlaps.dcm 3 1
ct-seg-liver-dcmqi/partial_overlaps.dcm 5 1
ct-seg-liver-dcmqi/seg-encodings/liver_nonbyte_aligned.dcm 1 1
seg-phantom-24x38x3/seg/label.seg 1 1
seg-phantom-24x38x3/sparse-labelmap-ppv5.dcm 1 1
sr-tid1500-headneck-0003/seg.dcm 1 1
dicomdir-mixed/seg-of-77654033-CT2/seg_image_ct_binary_overlap.dcm 2 1
dicomdir-mixed/seg-of-77654033-CT2/seg_image_ct_true_fractional.dcm 1 127.5
mr-seg-breast-ucsf-br-06/seg.dcm 1 127.5
END
}

@test "contours: sample by sample the masks that came with them" {
    cat >nifti.py <<'PY'
import gzip, struct, sys
import numpy as np
raw = gzip.open(sys.argv[1]).read()
n = struct.unpack('<8h', raw[40:56])[1:4]
kind = {2: 'u1', 4: '<i2', 8: '<i4', 16: '<f4', 64: '<f8', 512: '<u2'}[struct.unpack('<h', raw[70:72])[0]]
pix = struct.unpack('<8f', raw[76:108])
b, c, d = struct.unpack('<3f', raw[256:268]) # these files have a qform only
a = max(0, 1 - b * b - c * c - d * d) ** 0.5
rot = np.array([[a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
                [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
                [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c]])
rot = rot * np.array([pix[1], pix[2], pix[3] * (-1 if pix[0] < 0 else 1)])
mask = np.frombuffer(raw, kind, n[0] * n[1] * n[2], int(struct.unpack('<f', raw[108:112])[0])).reshape(n[::-1]) > 0
at = np.argwhere(mask)[:, ::-1] @ rot.T + np.array(struct.unpack('<3f', raw[268:280]))
at[:, :2] *= -1 # RAS to LPS
raw = open(sys.argv[2], 'rb').read()
head, _, body = raw.partition(b'\n\n')
key = dict(l.split(': ', 1) for l in head.decode().splitlines()[1:] if ': ' in l and ':=' not in l)
got = np.frombuffer(body, np.uint8).reshape([int(v) for v in key['sizes'].split()][::-1]) > 0
vec = np.array([[float(c) for c in v.strip('()').split(',')] for v in key['space directions'].split()])
org = np.array([float(c) for c in key['space origin'].strip('()').split(',')])
ijk = (at - org) @ np.linalg.inv(vec)
near = np.round(ijk).astype(int)
assert np.abs(ijk - near).max() < 0.1, np.abs(ijk - near).max()
want = np.zeros_like(got)
want[near[:, 2], near[:, 1], near[:, 0]] = True
print((want ^ got).sum(), 'of', want.sum(), 'samples differ')
assert want.sum() == len(at) and (want == got).all()
PY
    for m in 012/CT 012/MR_T1 025/CT 025/MR_T1; do
        d=$data/rtstruct-sts-${m%/*}
        dcmseg -q "$d/${m#*/}" --mask "$d/RTSTRUCT_${m#*/}.dcm" --output labels -o v.nrrd
        /usr/bin/python3 nifti.py "$d/${m#*/}_mask.nii.gz" v.nrrd
    done
    d=$data/mixed-ct-mr-pt-sts-002
    for m in CT MR_T1 PET; do
        s=${m%_T1}
        dcmseg -q "$d/dicom" -s "^${s/PET/PT}\$" --mask "$d/dicom/STS_002_${m}_RS.dcm" --output labels -o v.nrrd
        /usr/bin/python3 nifti.py "$d/${m}_mask.nii.gz" v.nrrd
    done
}
