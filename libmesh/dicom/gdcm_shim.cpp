/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/gdcm_shim.h"

#include <gdcmDict.h>
#include <gdcmDicts.h>
#include <gdcmGlobal.h>
#include <gdcmImageReader.h>
#include <gdcmJPEG2000Codec.h>
#include <gdcmJPEGCodec.h>
#include <gdcmJPEGLSCodec.h>
#include <gdcmReader.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmSequenceOfItems.h>
#include <gdcmTrace.h>
#include <gdcmVersion.h>

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <istream>
#include <new>
#include <set>
#include <streambuf>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace
{

constexpr char shim_deflated_frames[] = "1.2.840.10008.1.2.8.1";

/* The file as a stream that notices when more is asked for than is there: GDCM takes values that are cut off by the end of
 * the file for whole, with their stated length. Tags and lengths (up to 4 bytes) may end anywhere: that is how it finds
 * the end. */
class shim_file : public std::streambuf
{
  public:
    explicit shim_file(const lm_gdcm_file *file)
    {
        if (file->p) {
            size_ = file->n;
            map_ = static_cast<char *>(const_cast<void *>(file->p)); /* a stream buffer wants it so; nothing is put there */
            translate(true);
            setg(map_, map_, map_ + size_);
            return;
        }
        int fd = open(file->path, O_RDONLY | O_CLOEXEC);
        struct stat st;
        if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0) {
            size_ = static_cast<size_t>(st.st_size);
            void *p = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
            if (p != MAP_FAILED) map_ = base_ = static_cast<char *>(p);
        }
        if (fd >= 0) close(fd);
        if (map_) translate(false);
        if (map_) setg(map_, map_, map_ + size_);
    }
    ~shim_file() override
    {
        if (base_) munmap(base_, size_);
    }
    shim_file(const shim_file &) = delete;
    shim_file &operator=(const shim_file &) = delete;
    bool is_open() const { return map_ != nullptr; }
    bool cut() const { return cut_; }
    bool deflated_frames() const { return deflated_frames_; }
    const char *transfer(const gdcm::File &file) const
    {
        return deflated_frames_ ? shim_deflated_frames : file.GetHeader().GetDataSetTransferSyntax().GetString();
    }

  protected:
    std::streamsize xsgetn(char *to, std::streamsize n) override
    {
        std::streamsize left = egptr() - gptr(), k = n < left ? n : left;
        if (k < n && n > 4) cut_ = true;
        if (k > 0) std::memcpy(to, gptr(), static_cast<size_t>(k));
        setg(eback(), gptr() + k, egptr());
        return k;
    }
    pos_type seekoff(off_type off, std::ios_base::seekdir dir, std::ios_base::openmode) override
    {
        off_type base = dir == std::ios_base::beg ? 0 : dir == std::ios_base::cur ? gptr() - eback() : egptr() - eback();
        off_type end = egptr() - eback();
        if (off > end - base) cut_ = true;
        if (off < -base || off > end - base) return pos_type(off_type(-1));
        setg(eback(), eback() + base + off, egptr());
        return pos_type(base + off);
    }
    pos_type seekpos(pos_type pos, std::ios_base::openmode which) override
    {
        return seekoff(off_type(pos), std::ios_base::beg, which);
    }

  private:
    /* GDCM does not know Deflated Image Frame Compression; its data sets are written as those of JPEG 2000 are. */
    void translate(bool copy)
    {
        static const char other[] = "1.2.840.10008.1.2.4.90"; /* as long as the other with its padding */
        static const unsigned char element[] = {2, 0, 0x10, 0, 'U', 'I', sizeof shim_deflated_frames, 0};
        if (size_ < 132) return;
        char *end = map_ + (size_ < 4096 ? size_ : 4096);
        char *at = std::search(map_ + 132, end, element, element + sizeof element) + sizeof element;
        if (at + sizeof shim_deflated_frames > end || std::memcmp(at, shim_deflated_frames, sizeof shim_deflated_frames)) return;
        if (copy) {
            copy_.assign(map_, map_ + size_);
            at = copy_.data() + (at - map_);
            map_ = copy_.data();
        }
        std::memcpy(at, other, sizeof other - 1);
        deflated_frames_ = true;
    }
    char *map_ = nullptr, *base_ = nullptr;
    size_t size_ = 0;
    bool cut_ = false, deflated_frames_ = false;
    std::vector<char> copy_;
};

void shim_quiet()
{
    gdcm::Trace::DebugOff();
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
}

void shim_value(lm_gdcm_value *v, const char *p, size_t n)
{
    v->length = n > INT32_MAX ? INT32_MAX : static_cast<int>(n);
    std::memcpy(v->bytes, p, n < sizeof v->bytes ? n : sizeof v->bytes);
}

void shim_element(const gdcm::DataSet &ds, const gdcm::Tag &tag, lm_gdcm_value *v)
{
    if (!ds.FindDataElement(tag)) return;
    const gdcm::DataElement &de = ds.GetDataElement(tag);
    const char *vr = de.GetVR() == gdcm::VR::INVALID ? nullptr : gdcm::VR::GetVRString(de.GetVR());
    if (vr && std::strlen(vr) == 2) std::memcpy(v->vr, vr, 2);
    const gdcm::ByteValue *bv = de.GetByteValue();
    if (bv && bv->GetPointer()) shim_value(v, bv->GetPointer(), bv->GetLength());
    else v->length = 0;
}

/* Inflating reads ahead, past the end of a whole file too; there a cut ends the reading itself with an error. */
bool shim_cut(const shim_file &buf, const gdcm::Reader &reader)
{
    return buf.cut() &&
           reader.GetFile().GetHeader().GetDataSetTransferSyntax() != gdcm::TransferSyntax::DeflatedExplicitVRLittleEndian;
}

int shim_header(const lm_gdcm_file *from, int deflated, const uint32_t *tag, size_t n, lm_gdcm_value *value)
{
    shim_file buf(from);
    std::istream stream(&buf);
    gdcm::Reader reader;
    reader.SetStream(stream);
    /* The selective reader passes over other values and ends before the value of the first element behind the last tag. It
     * needs to seek, which an inflating stream cannot do (it ends in an assertion). */
    std::set<gdcm::Tag> want;
    for (size_t i = 0; i < n; i++)
        if (tag[i] >> 16 != 2) want.insert(gdcm::Tag(static_cast<uint16_t>(tag[i] >> 16), static_cast<uint16_t>(tag[i] & 0xffff)));
    gdcm::Tag last(0x0028, 0xffff);
    if (!want.empty() && last < *want.rbegin()) last = *want.rbegin();
    if (!buf.is_open() || !(deflated ? reader.ReadUpToTag(last) : reader.ReadSelectedTags(want)) || shim_cut(buf, reader))
        return LM_GDCM_UNREADABLE;
    const gdcm::File &file = reader.GetFile();
    for (size_t i = 0; i < n; i++) {
        gdcm::Tag t(static_cast<uint16_t>(tag[i] >> 16), static_cast<uint16_t>(tag[i] & 0xffff));
        if (tag[i] == 0x00020010) {
            const char *ts = buf.transfer(file);
            if (ts) shim_value(&value[i], ts, std::strlen(ts));
        } else if (t.GetGroup() == 2) shim_element(file.GetHeader(), t, &value[i]);
        else shim_element(file.GetDataSet(), t, &value[i]);
    }
    return LM_GDCM_OK;
}

} // namespace

/* Pixel data as they stand in the file; encapsulated ones are decoded when a frame is asked for. */
struct lm_gdcm_object {
    size_t frames, want;
    gdcm::ImageReader reader; /* holds the element; its image class, where it is not native, too */
    bool native;           /* little-endian samples that lie in the element as they are: the image classes would copy them twice */
    std::vector<char> all; /* all frames, decoded at once, where they cannot be told apart before */
};

namespace
{

const gdcm::Tag shim_pixel_tag(0x7fe0, 0x0010);

int shim_open(const lm_gdcm_file *from, lm_gdcm_object *o, size_t *got)
{
    shim_file buf(from);
    std::istream stream(&buf);
    gdcm::Reader &reader = o->reader; // cppcheck-suppress nullPointer; new throws, it gives none
    reader.SetStream(stream);
    if (!buf.is_open() || !reader.ReadUpToTag(shim_pixel_tag) || shim_cut(buf, reader)) return LM_GDCM_UNREADABLE;
    const gdcm::DataSet &ds = reader.GetFile().GetDataSet();
    if (!ds.FindDataElement(shim_pixel_tag)) return LM_GDCM_NO_PIXELS;
    if (buf.deflated_frames()) return LM_GDCM_CODEC;
    const gdcm::TransferSyntax &ts = reader.GetFile().GetHeader().GetDataSetTransferSyntax();
    o->native = !ts.IsEncapsulated() && ts.GetSwapCode() == gdcm::SwapCode::LittleEndian;
    if (o->native) {
        const gdcm::ByteValue *bv = ds.GetDataElement(shim_pixel_tag).GetByteValue();
        if (!bv || !bv->GetPointer()) return LM_GDCM_NO_PIXELS;
        *got = bv->GetLength();
        const size_t want = o->frames * o->want;
        const char *end = bv->GetPointer() + *got;
        if (*got < want) return LM_GDCM_LENGTH;
        /* PS3.5 8.1.1 knows one byte of padding; some writers put more, which are zeros, and anything else is a wrong size */
        return *got > want + 1 && std::any_of(end - (*got - want), end, [](char c) { return c != 0; }) ? LM_GDCM_LENGTH
                                                                                                       : LM_GDCM_OK;
    }
    stream.clear();
    stream.seekg(0);
    if (!o->reader.Read()) return LM_GDCM_CODEC;
    *got = o->reader.GetImage().GetBufferLength();
    return *got != o->frames * o->want ? LM_GDCM_LENGTH : LM_GDCM_OK;
}

/* One frame of several, where each is one fragment: decoded as an image of its own. */
bool shim_fragment(const gdcm::Image &image, const gdcm::SequenceOfFragments &all, size_t frame, char *out, size_t want)
{
    gdcm::SmartPointer<gdcm::SequenceOfFragments> one = new gdcm::SequenceOfFragments;
    one->AddFragment(all.GetFragment(frame));
    gdcm::DataElement pixels(shim_pixel_tag);
    pixels.SetVR(gdcm::VR::OB);
    pixels.SetValue(*one);
    gdcm::Image single;
    single.SetNumberOfDimensions(2);
    single.SetDimension(0, image.GetDimension(0));
    single.SetDimension(1, image.GetDimension(1));
    single.SetPhotometricInterpretation(image.GetPhotometricInterpretation());
    single.SetPixelFormat(image.GetPixelFormat());
    single.SetPlanarConfiguration(image.GetPlanarConfiguration());
    single.SetTransferSyntax(image.GetTransferSyntax());
    single.SetDataElement(pixels);
    return single.GetBufferLength() == want && single.GetBuffer(out);
}

int shim_frame(lm_gdcm_object *o, size_t frame, void *out, size_t *got)
{
    *got = o->frames * o->want;
    if (o->native) {
        const gdcm::ByteValue *bv = o->reader.GetFile().GetDataSet().GetDataElement(shim_pixel_tag).GetByteValue();
        std::memcpy(out, bv->GetPointer() + frame * o->want, o->want);
        return LM_GDCM_OK;
    }
    const gdcm::Image &image = o->reader.GetImage();
    if (o->frames == 1) return image.GetBuffer(static_cast<char *>(out)) ? LM_GDCM_OK : LM_GDCM_CODEC;
    const gdcm::SequenceOfFragments *all = image.GetDataElement().GetSequenceOfFragments();
    if (all && all->GetNumberOfFragments() == o->frames)
        return shim_fragment(image, *all, frame, static_cast<char *>(out), o->want) ? LM_GDCM_OK : LM_GDCM_CODEC;
    if (o->all.empty()) {
        o->all.resize(o->frames * o->want);
        if (!image.GetBuffer(o->all.data())) {
            o->all.clear();
            return LM_GDCM_CODEC;
        }
    }
    std::memcpy(out, o->all.data() + frame * o->want, o->want);
    return LM_GDCM_OK;
}

/* Puts a data set into the flat form of the header; what does not fit is noticed once, at the end. */
class shim_flat
{
  public:
    shim_flat(const lm_gdcm_tree_opt *opt, void *out, size_t cap) : opt_(opt), out_(static_cast<char *>(out)), cap_(cap) {}
    size_t used() const { return used_; }
    bool full() const { return full_; }
    void root(const gdcm::File &file, const char *ts)
    {
        const gdcm::DataSet &meta = file.GetHeader();
        size_t at = count(), n = 1;
        for (auto it = meta.Begin(); it != meta.End(); ++it)
            if (it->GetTag() < gdcm::Tag(2, 0x10)) n += element(*it, 1);
        head(gdcm::Tag(2, 0x10), "UI", LM_GDCM_TREE_VALUE, ts ? std::strlen(ts) : 0);
        bytes(ts, ts ? std::strlen(ts) : 0);
        for (auto it = meta.Begin(); it != meta.End(); ++it)
            if (gdcm::Tag(2, 0x10) < it->GetTag() && it->GetTag().GetGroup() == 2) n += element(*it, 1);
        n += elements(file.GetDataSet(), 1);
        patch(at, n);
    }

  private:
    void bytes(const void *p, size_t n)
    {
        if (n > cap_ - used_) full_ = true;
        if (full_ || !n) return;
        std::memcpy(out_ + used_, p, n);
        used_ += n;
    }
    size_t count()
    {
        size_t at = used_;
        uint32_t none = 0;
        bytes(&none, sizeof none);
        return at;
    }
    void patch(size_t at, size_t n)
    {
        uint32_t v = static_cast<uint32_t>(n);
        if (n > UINT32_MAX) full_ = true;
        if (!full_) std::memcpy(out_ + at, &v, sizeof v);
    }
    void head(const gdcm::Tag &tag, const char *vr, uint16_t kind, uint64_t n)
    {
        uint32_t t = static_cast<uint32_t>(tag.GetGroup()) << 16 | tag.GetElement();
        bytes(&t, sizeof t);
        bytes(vr, 2);
        bytes(&kind, sizeof kind);
        bytes(&n, sizeof n);
    }
    size_t elements(const gdcm::DataSet &ds, int depth)
    {
        size_t n = 0;
        for (auto it = ds.Begin(); it != ds.End() && !full_; ++it)
            if (it->GetTag().GetGroup() > 2) n += element(*it, depth);
        return n;
    }
    size_t element(const gdcm::DataElement &de, int depth)
    {
        char vr[2];
        const gdcm::Tag &tag = de.GetTag();
        uint32_t t = static_cast<uint32_t>(tag.GetGroup()) << 16 | tag.GetElement();
        const char *own = de.GetVR() == gdcm::VR::INVALID ? nullptr : gdcm::VR::GetVRString(de.GetVR());
        if (own && std::strlen(own) == 2) std::memcpy(vr, own, 2);
        else lm_gdcm_vr(t, vr);
        bool pixels = t == 0x7fe00010;
        if (pixels && !opt_->pixels) return 0;
        const gdcm::Value *value = de.IsEmpty() ? nullptr : &de.GetValue();
        if (auto *items = dynamic_cast<const gdcm::SequenceOfItems *>(value)) sequence(tag, *items, depth);
        else if (auto *frags = dynamic_cast<const gdcm::SequenceOfFragments *>(value)) fragments(tag, vr, *frags, pixels);
        else {
            const gdcm::ByteValue *bv = de.GetByteValue();
            const char *p = bv ? bv->GetPointer() : nullptr;
            size_t n = p ? static_cast<size_t>(bv->GetLength()) : 0;
            bool nested =
                n >= 8 && (!std::memcmp(vr, "UN", 2) || !std::memcmp(vr, "SQ", 2)) && !std::memcmp(p, "\xfe\xff\0\xe0", 4);
            bool whole = n <= opt_->max_value || pixels || nested;
            head(tag, vr, whole ? LM_GDCM_TREE_VALUE : LM_GDCM_TREE_OMITTED, n);
            if (whole) bytes(p, n);
        }
        return 1;
    }
    void sequence(const gdcm::Tag &tag, const gdcm::SequenceOfItems &items, int depth)
    {
        if (depth >= opt_->depth) full_ = true;
        if (full_) return;
        head(tag, "SQ", LM_GDCM_TREE_SEQUENCE, items.GetNumberOfItems());
        for (gdcm::SequenceOfItems::SizeType i = 1; i <= items.GetNumberOfItems() && !full_; i++) {
            size_t at = count();
            patch(at, elements(items.GetItem(i).GetNestedDataSet(), depth + 1));
        }
    }
    void fragments(const gdcm::Tag &tag, const char *vr, const gdcm::SequenceOfFragments &frags, bool pixels)
    {
        if (!pixels) return head(tag, vr, LM_GDCM_TREE_OMITTED, frags.GetNumberOfFragments());
        head(tag, vr, LM_GDCM_TREE_FRAGMENTS, frags.GetNumberOfFragments() + 1);
        part(frags.GetTable().GetByteValue());
        for (gdcm::SequenceOfFragments::SizeType i = 0; i < frags.GetNumberOfFragments(); i++)
            part(frags.GetFragment(i).GetByteValue());
    }
    void part(const gdcm::ByteValue *bv)
    {
        uint64_t n = bv && bv->GetPointer() ? static_cast<size_t>(bv->GetLength()) : 0;
        bytes(&n, sizeof n);
        if (n) bytes(bv->GetPointer(), n);
    }
    const lm_gdcm_tree_opt *opt_;
    char *out_;
    size_t cap_, used_ = 0;
    bool full_ = false;
};

int shim_tree(const lm_gdcm_file *from, const lm_gdcm_tree_opt *opt, void *out, size_t cap, size_t *used)
{
    shim_file buf(from);
    std::istream stream(&buf);
    gdcm::Reader reader;
    reader.SetStream(stream);
    const gdcm::Tag end = opt->pixels ? gdcm::Tag(0x7fe0, 0x0010) : gdcm::Tag(0x7fdf, 0xffff);
    if (!buf.is_open() || !reader.ReadUpToTag(end) || shim_cut(buf, reader)) return LM_GDCM_UNREADABLE;
    shim_flat flat(opt, out, cap);
    flat.root(reader.GetFile(), buf.transfer(reader.GetFile()));
    *used = flat.used();
    return flat.full() ? LM_GDCM_LIMIT : LM_GDCM_OK;
}

/* One compressed frame through the codec that knows it. */
int shim_codec(const char *transfer, const void *p, size_t n, const lm_gdcm_format *f, void *out, size_t want)
{
    const gdcm::TransferSyntax ts(gdcm::TransferSyntax::GetTSType(transfer));
    gdcm::JPEG2000Codec j2k;
    gdcm::JPEGLSCodec ls;
    gdcm::JPEGCodec jpeg;
    gdcm::ImageCodec *codec = j2k.CanDecode(ts)    ? static_cast<gdcm::ImageCodec *>(&j2k)
                              : ls.CanDecode(ts)   ? static_cast<gdcm::ImageCodec *>(&ls)
                              : jpeg.CanDecode(ts) ? static_cast<gdcm::ImageCodec *>(&jpeg)
                                                   : nullptr;
    if (!codec || n > INT32_MAX) return LM_GDCM_CODEC;
    const unsigned dims[3] = {f->columns, f->rows, 1};
    const unsigned short allocated = static_cast<unsigned short>(f->bytes * 8);
    codec->SetDimensions(dims);
    codec->SetNumberOfDimensions(2);
    codec->SetPlanarConfiguration(0);
    codec->SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
    codec->SetPixelFormat(gdcm::PixelFormat(1, allocated, allocated, static_cast<unsigned short>(allocated - 1), 0));
    codec->SetNeedOverlayCleanup(false);
    gdcm::SmartPointer<gdcm::SequenceOfFragments> parts = new gdcm::SequenceOfFragments;
    gdcm::Fragment one;
    one.SetByteValue(static_cast<const char *>(p), static_cast<uint32_t>(n));
    parts->AddFragment(one);
    gdcm::DataElement in(gdcm::Tag(0x7fe0, 0x0010)), decoded(gdcm::Tag(0x7fe0, 0x0010));
    in.SetVR(gdcm::VR::OB);
    in.SetValue(*parts);
    if (!codec->Decode(in, decoded)) return LM_GDCM_CODEC;
    const gdcm::ByteValue *bv = decoded.GetByteValue();
    if (!bv || !bv->GetPointer() || bv->GetLength() < want || bv->GetLength() > want + 1) return LM_GDCM_LENGTH;
    std::memcpy(out, bv->GetPointer(), want);
    return LM_GDCM_OK;
}

} // namespace

extern "C" int lm_gdcm_header(const lm_gdcm_file *file, int deflated, const uint32_t *tag, size_t n, lm_gdcm_value *value)
{
    shim_quiet();
    for (size_t i = 0; i < n; i++) value[i].length = -1, value[i].vr[0] = 0;
    try {
        return shim_header(file, deflated, tag, n, value);
    } catch (const std::bad_alloc &) {
        return LM_GDCM_MEMORY;
    } catch (...) {
        return LM_GDCM_UNREADABLE;
    }
}

extern "C" int lm_gdcm_open(const lm_gdcm_file *file, size_t frames, size_t want, lm_gdcm_object **ret, size_t *got)
{
    shim_quiet();
    *got = 0;
    *ret = nullptr;
    try {
        *ret = new lm_gdcm_object{frames, want, {}, false, {}};
        int rc = shim_open(file, *ret, got);
        if (rc == LM_GDCM_OK) return rc;
        lm_gdcm_close(*ret);
        *ret = nullptr;
        return rc;
    } catch (const std::bad_alloc &) {
        lm_gdcm_close(*ret);
        *ret = nullptr;
        return LM_GDCM_MEMORY;
    } catch (...) {
        lm_gdcm_close(*ret);
        *ret = nullptr;
        return LM_GDCM_UNREADABLE;
    }
}

extern "C" int lm_gdcm_frame(lm_gdcm_object *o, size_t frame, void *out, size_t *got)
{
    try {
        return shim_frame(o, frame, out, got);
    } catch (const std::bad_alloc &) {
        return LM_GDCM_MEMORY;
    } catch (...) {
        return LM_GDCM_UNREADABLE;
    }
}

extern "C" void lm_gdcm_close(lm_gdcm_object *o)
{
    delete o;
}

extern "C" int lm_gdcm_tree(const lm_gdcm_file *file, const lm_gdcm_tree_opt *opt, void *out, size_t cap, size_t *used)
{
    shim_quiet();
    *used = 0;
    try {
        return shim_tree(file, opt, out, cap, used);
    } catch (const std::bad_alloc &) {
        return LM_GDCM_MEMORY;
    } catch (...) {
        return LM_GDCM_UNREADABLE;
    }
}

extern "C" int lm_gdcm_codec(const char *transfer, const void *p, size_t n, const lm_gdcm_format *f, void *out)
{
    shim_quiet();
    try {
        return shim_codec(transfer, p, n, f, out, static_cast<size_t>(f->columns) * f->rows * f->bytes);
    } catch (const std::bad_alloc &) {
        return LM_GDCM_MEMORY;
    } catch (...) {
        return LM_GDCM_CODEC;
    }
}

extern "C" void lm_gdcm_vr(uint32_t tag, char vr[2])
{
    const gdcm::Tag t(static_cast<uint16_t>(tag >> 16), static_cast<uint16_t>(tag & 0xffff));
    std::memcpy(vr, t.IsGroupLength() ? "UL" : "UN", 2);
    if (t.IsPrivate() || t.IsGroupLength()) return;
    const gdcm::VR known = gdcm::Global::GetInstance().GetDicts().GetPublicDict().GetDictEntry(t).GetVR();
    if (known == gdcm::VR::US_SS || known == gdcm::VR::US_SS_OW) std::memcpy(vr, "US", 2);
    else if (known == gdcm::VR::OB_OW) std::memcpy(vr, "OW", 2);
    else if (known.IsVRFile()) std::memcpy(vr, gdcm::VR::GetVRString(known), 2);
}

extern "C" uint32_t lm_gdcm_tag(const char *keyword)
{
    const gdcm::Dict &dict = gdcm::Global::GetInstance().GetDicts().GetPublicDict();
    for (auto it = dict.Begin(); it != dict.End(); ++it)
        if (!std::strcmp(it->second.GetKeyword(), keyword)) return it->first.GetElementTag();
    return 0;
}

extern "C" int lm_gdcm_knows(const char *transfer_syntax)
{
    return gdcm::TransferSyntax::GetTSType(transfer_syntax) != gdcm::TransferSyntax::TS_END ||
           !std::strcmp(transfer_syntax, shim_deflated_frames);
}

extern "C" const char *lm_gdcm_version(void)
{
    return gdcm::Version::GetVersion();
}
