#include "image.h"

#include <dlfcn.h>
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// An address in the dynamic section. ld.so has relocated those of most objects in place, but not
// those of the vdso, which it cannot write; an address below the base is still relative.
static const void *address_of(const struct link_map *map, const ElfW(Dyn) * entry) {
    const ElfW(Addr) value = entry->d_un.d_ptr;
    return (const void *)(value < map->l_addr ? map->l_addr + value : value);
}

static const ElfW(Dyn) * dynamic(const struct link_map *map, ElfW(Sxword) tag) {
    for (const ElfW(Dyn) *at = map->l_ld; at != NULL && at->d_tag != DT_NULL; at++) {
        if (at->d_tag == tag) {
            return at;
        }
    }
    return NULL;
}

struct table {
    const ElfW(Sym) * symbols;
    const char *strings;
    const char *name;
};

static bool matches(const struct table *table, uint32_t index) {
    const ElfW(Sym) *symbol = &table->symbols[index];
    return symbol->st_shndx != SHN_UNDEF &&
           strcmp(table->strings + symbol->st_name, table->name) == 0;
}

// The layout is that of glibc's do_lookup_x: four words, the Bloom filter, the buckets, the chains;
// the lowest bit of a hash in a chain marks its end. The filter only saves time, and is skipped.
static bool search_gnu(const uint32_t *words, const struct table *table) {
    const uint32_t buckets = words[0], first = words[1], filter = words[2];
    uint32_t hash = 5381;
    for (const char *at = table->name; *at != '\0'; at++) {
        hash = hash * 33 + (unsigned char)*at;
    }
    const uint32_t *bucket = words + 4 + (size_t)filter * (sizeof(ElfW(Addr)) / sizeof *words);
    const uint32_t *chains = bucket + buckets;
    uint32_t index = buckets > 0 ? bucket[hash % buckets] : 0;
    if (index < first) {
        return false;
    }
    for (;; index++) {
        const uint32_t found = chains[index - first];
        if ((found | 1) == (hash | 1) && matches(table, index)) {
            return true;
        }
        if ((found & 1) != 0) {
            return false;
        }
    }
}

// System V gABI, "Hash Table": two words, the buckets, the chains. The chains hold one word for
// each symbol, so that the table need not be entered by its hash.
static bool search_sysv(const uint32_t *words, const struct table *table) {
    const uint32_t symbols = words[1];
    for (uint32_t index = 1; index < symbols; index++) {
        if (matches(table, index)) {
            return true;
        }
    }
    return false;
}

bool image_defines(const struct link_map *map, const char *symbol) {
    const ElfW(Dyn) *symbols = dynamic(map, DT_SYMTAB), *strings = dynamic(map, DT_STRTAB);
    if (symbols == NULL || strings == NULL) {
        return false;
    }
    const struct table table = {
        .symbols = address_of(map, symbols), .strings = address_of(map, strings), .name = symbol};
    const ElfW(Dyn) *hash = dynamic(map, DT_GNU_HASH);
    if (hash != NULL) {
        return search_gnu(address_of(map, hash), &table);
    }
    hash = dynamic(map, DT_HASH);
    return hash != NULL && search_sysv(address_of(map, hash), &table);
}

const char *image_soname(const struct link_map *map) {
    const ElfW(Dyn) *soname = dynamic(map, DT_SONAME), *strings = dynamic(map, DT_STRTAB);
    if (soname == NULL || strings == NULL) {
        return NULL;
    }
    return (const char *)address_of(map, strings) + soname->d_un.d_val;
}

// Whether a readable segment of the file holds the range, so that it is mapped.
static bool is_mapped(const ElfW(Phdr) * headers, size_t count, ElfW(Addr) start, size_t size) {
    for (size_t i = 0; i < count; i++) {
        if (headers[i].p_type == PT_LOAD && (headers[i].p_flags & PF_R) != 0 &&
            start >= headers[i].p_vaddr && size <= headers[i].p_filesz &&
            start - headers[i].p_vaddr <= headers[i].p_filesz - size) {
            return true;
        }
    }
    return false;
}

// Looks for NT_GNU_BUILD_ID in one PT_NOTE segment.
static bool search_notes(const unsigned char *notes, size_t size, size_t alignment,
                         char text[BUILD_ID_TEXT]) {
    const size_t padding = alignment == 8 ? 8 : 4;
    size_t at = 0;
    ElfW(Nhdr) note;
    while (size - at >= sizeof note) {
        memcpy(&note, notes + at, sizeof note);
        const size_t name = at + sizeof note;
        const size_t content = (name + note.n_namesz + padding - 1) / padding * padding;
        const size_t next = (content + note.n_descsz + padding - 1) / padding * padding;
        if (content > size || note.n_descsz > size - content) {
            return false;
        }
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof ELF_NOTE_GNU &&
            memcmp(notes + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0 && note.n_descsz > 0 &&
            note.n_descsz < BUILD_ID_TEXT / 2) {
            for (size_t i = 0; i < note.n_descsz; i++) {
                snprintf(text + 2 * i, 3, "%02x", notes[content + i]);
            }
            return true;
        }
        if (next > size) {
            return false;
        }
        at = next;
    }
    return false;
}

bool image_build_id(const struct link_map *map, char text[BUILD_ID_TEXT]) {
    // The link map does not tell where the program headers are. The ELF header stands at the lowest
    // address of the mapping, which dladdr knows for every namespace.
    Dl_info info;
    if (map->l_ld == NULL || dladdr(map->l_ld, &info) == 0) {
        return false;
    }
    const unsigned char *start = info.dli_fbase;
    const ElfW(Ehdr) *header = info.dli_fbase;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_phentsize != sizeof(ElfW(Phdr))) {
        return false;
    }
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)(start + header->e_phoff);
    // In memory by the file's own account, or they could not be looked at.
    const ElfW(Addr) headers_address = (ElfW(Addr))headers - map->l_addr;
    if (header->e_phoff > UINT16_MAX ||
        !is_mapped(headers, header->e_phnum, headers_address, header->e_phnum * sizeof *headers)) {
        return false;
    }
    for (size_t i = 0; i < header->e_phnum; i++) {
        const ElfW(Phdr) *note = &headers[i];
        if (note->p_type == PT_NOTE &&
            is_mapped(headers, header->e_phnum, note->p_vaddr, note->p_filesz) &&
            search_notes((const unsigned char *)(map->l_addr + note->p_vaddr), note->p_filesz,
                         note->p_align, text)) {
            return true;
        }
    }
    return false;
}
