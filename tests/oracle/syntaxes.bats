# SPDX-License-Identifier: GPL-3.0-or-later
# Every file of the transfer syntax folders, frame by frame, lossy ones too: our samples are those of dcmtk, or of pydicom.
setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    data=$SHARED/data
    /usr/bin/python3 -c 'import pydicom, numpy, PIL.features, sys; sys.exit(not PIL.features.check("jpg_2000"))' 2>/dev/null || skip "no pydicom with JPEG 2000"
    command -v dcmdjpls >/dev/null || skip "dcmtk is not installed"
}

# Prints "UID oracle answer FILE" for each file that the patterns name.
compare() {
    /usr/bin/python3 - "$data" "$@" <<'PY'
import glob, os, subprocess, sys, warnings
import numpy as np, pydicom
warnings.simplefilter('ignore')
data, patterns = sys.argv[1], sys.argv[2:]

def ours(f, k): # stored values as we rescale them, of one frame
    p = subprocess.run(['dcmseg', '-q', '--frame', str(k + 1), f, '-o', 'v.nrrd'], capture_output=True, text=True)
    if p.returncode: return None, p.stderr.strip()
    head, _, body = open('v.nrrd', 'rb').read().partition(b'\n\n')
    key = dict(l.split(': ', 1) for l in head.decode().splitlines()[1:] if ': ' in l and ':=' not in l)
    return np.frombuffer(body, {'short': '<i2', 'float': '<f4'}[key['type']]).reshape([int(v) for v in key['sizes'].split()][::-1]), ''

def oracle(d, f): # samples by another decoder
    ts = d.file_meta.TransferSyntaxUID
    tool = {'1.2.840.10008.1.2.5': 'dcmdrle', '1.2.840.10008.1.2.4.80': 'dcmdjpls', '1.2.840.10008.1.2.4.81': 'dcmdjpls',
            '1.2.840.10008.1.2.4.90': None, '1.2.840.10008.1.2.4.91': None}.get(str(ts), 'dcmdjpeg' if ts.is_encapsulated else 'dcmconv')
    if not tool: return 'pydicom', d.pixel_array
    subprocess.run([tool, '-q'] + ['+te'] * (tool == 'dcmconv') + [f, 'plain.dcm'], check=True)
    return tool, pydicom.dcmread('plain.dcm').pixel_array

def groups(d, k): # functional groups of a frame
    return [q[min(k, len(q) - 1)] for q in (d.get('SharedFunctionalGroupsSequence'), d.get('PerFrameFunctionalGroupsSequence')) if q]

def place(d, k):
    at = [g.PlanePositionSequence[0].ImagePositionPatient for g in groups(d, k) if 'PlanePositionSequence' in g]
    to = [g.PlaneOrientationSequence[0].ImageOrientationPatient for g in groups(d, k) if 'PlaneOrientationSequence' in g]
    if not at or not to: return k
    x, y = np.array([float(v) for v in to[0]]).reshape(2, 3)
    return float(np.dot([float(v) for v in at[0]], np.cross(x, y)))

def rescaled(d, k, a):
    pair = [g.PixelValueTransformationSequence[0] for g in groups(d, k) if 'PixelValueTransformationSequence' in g] or [d]
    want = a.astype(np.float64) * float(pair[0].get('RescaleSlope', 1)) + float(pair[0].get('RescaleIntercept', 0))
    pad = a == d.PixelPaddingValue if 'PixelPaddingValue' in d else np.zeros(a.shape, bool)
    want[pad] = want[~pad].min()
    return want

for f in sorted(f for p in patterns for f in glob.glob(os.path.join(data, p))):
    try: d = pydicom.dcmread(f)
    except pydicom.errors.InvalidDicomError: d = None
    got, why = ours(f, 0)
    uid = str(d.file_meta.TransferSyntaxUID) if d else '-'
    if got is None:
        print(uid, '-', 'refused:', why.replace(data, ''))
        continue
    name, a = oracle(d, f)
    n = int(d.get('NumberOfFrames', 1) or 1)
    a = a.reshape((n,) + a.shape[-2:])
    order = sorted(range(n), key=lambda k: place(d, k))
    want = [rescaled(d, k, a[k]) for k in order]
    worst = max(np.abs(ours(f, k)[0] - w.astype(np.float32)).max() for k, w in enumerate(want))
    print(uid, name, 'equal' if worst == 0 else 'differs by %g' % worst, os.path.relpath(f, data))
PY
}

@test "one CT slice in fifteen transfer syntaxes" {
    [ -d "$data/ct-transfer-syntaxes" ] || skip "no $data/ct-transfer-syntaxes"
    compare 'ct-transfer-syntaxes/*.dcm' >got
    cat got
    [ "$(grep -c ' equal ' got)" -eq 16 ]
    [ "$(cut -d' ' -f1 got | sort -u | wc -l)" -eq 15 ]
    ! grep -v ' equal ' got
    # the lossless ones are alike
    for f in "$data"/ct-transfer-syntaxes/*.dcm; do
        case $f in *.4.5[0135].dcm | *.4.81.dcm | *.4.91.dcm) continue ;; esac
        dcmseg -q --frame 1 "$f" --json o.json >o.nrrd
        jq -r .source.sha256_pixels o.json
    done | sort -u >hashes
    [ "$(wc -l <hashes)" -eq 1 ]
}

@test "one MR image in eight encodings, padded pixel data among them; a cut one, and one without its head, are refused" {
    [ -d "$data/mr-transfer-syntaxes-small" ] || skip "no $data/mr-transfer-syntaxes-small"
    compare 'mr-transfer-syntaxes-small/*.dcm' >got
    cat got
    [ "$(grep -c ' equal .*MR_small' got)" -eq 8 ]
    [ "$(grep -c ' equal ' got)" -eq 9 ]
    grep -q 'refused: .*MR_truncated.dcm.* cut off' got
    grep -q 'refused: .*no_meta.dcm.* is not DICOM' got
    grep -q 'refused: .*RGB' got
}

@test "frames of enhanced objects in six encodings; a fragment that is too short is refused by its UID" {
    [ -d "$data/enhanced-multiframe" ] || skip "no $data/enhanced-multiframe"
    compare 'enhanced-multiframe/*.dcm' >got
    cat got
    [ "$(grep -c ' equal ' got)" -eq 7 ]
    grep -q 'refused: .*too_short.*1.2.840.10008.1.2.4.90' got
}

@test "radiographs and a CT series in JPEG 2000, lossy and lossless" {
    [ -d "$data/xray" ] || skip "no $data/xray"
    compare 'xray/*.dcm' 'ct-abdomen-siemens-j2k-labels/dicom/*573' >got
    cat got
    [ "$(grep -c ' equal ' got)" -eq 4 ]
}

@test "what no decoder here knows is refused by its UID: HTJ2K, MPEG-2, JPIP" {
    [ -d "$data/mr-transfer-syntaxes-small" ] || skip "no $data/mr-transfer-syntaxes-small"
    for uid in 1.2.840.10008.1.2.4.201 1.2.840.10008.1.2.4.202 1.2.840.10008.1.2.4.203 1.2.840.10008.1.2.4.100 1.2.840.10008.1.2.4.94; do
        /usr/bin/python3 - "$data/mr-transfer-syntaxes-small/MR_small_jp2klossless.dcm" $uid <<'PY'
import struct, sys
b, was, uid = bytearray(open(sys.argv[1], 'rb').read()), b'1.2.840.10008.1.2.4.90', sys.argv[2].encode()
uid += b'\0' * (len(uid) % 2)
at = b.index(b'\x02\x00\x10\x00UI') + 6 # pydicom does not know them all
b[at:at + 2 + len(was)] = struct.pack('<H', len(uid)) + uid
b[140:144] = struct.pack('<I', struct.unpack('<I', b[140:144])[0] + len(uid) - len(was)) # (0002,0000)
open('x.dcm', 'wb').write(b)
PY
        run -2 dcmseg -q --frame 1 x.dcm -o v.nrrd
        [[ $output == *"$uid"* ]] || { echo "$uid: $output"; return 1; }
    done
}
