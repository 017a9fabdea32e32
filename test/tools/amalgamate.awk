# SPDX-License-Identifier: Apache-2.0
#
# amalgamate.awk -- the library as two files, for those who vendor it:
#
#     awk -f test/tools/amalgamate.awk -v what=header    locket.h  = all of include/
#     awk -f test/tools/amalgamate.awk -v what=source    locket.c  = locket.c, the internal
#         headers, each once and before everything that wants it, and every .c it names
#
# The headers come first and never where they were asked for: that place may lie
# inside an #if. System headers stay where they are.

function fail(text) {
    print "amalgamate: " text > "/dev/stderr"
    failed = 1
    exit 1
}

# The name in a line that includes one of our files, else "".
function wanted(line) {
    if (line !~ /^[ \t]*#[ \t]*include[ \t]*"/)
        return ""
    sub(/^[^"]*"/, "", line)
    sub(/".*$/, "", line)
    return line
}

function exists(path,   line, answer) {
    answer = (getline line < path) >= 0
    close(path)
    return answer
}

function find(name,   i) {
    for (i = 1; i <= n_folders; i++)
        if (exists(folder[i] "/" name))
            return folder[i] "/" name
    fail("no folder has " name)
}

function mark(verb, path) { printf "/* ======== %s %s ======== */\n", verb, path }

# Print a public header with those it includes in their places, each once.
function put_public(path,   line, name) {
    done[path] = 1
    mark("begin", path)
    while ((getline line < path) > 0) {
        name = wanted(line)
        if (name == "")
            print line
        else if (!(("include/" name) in done))
            put_public("include/" name)
    }
    close(path)
    mark("end", path)
}

# Print a file without its inclusions of ours.
function put(path,   line) {
    mark("begin", path)
    while ((getline line < path) > 0)
        if (wanted(line) == "")
            print line
    close(path)
    mark("end", path)
    print ""
}

# Print every internal header that a file wants, and first what those want.
function put_headers_of(path,   line, name, header, list, n, i) {
    n = 0
    while ((getline line < path) > 0) {
        name = wanted(line)
        if (name != "" && name !~ /\//)
            list[++n] = find(name)
    }
    close(path)
    for (i = 1; i <= n; i++) {
        header = list[i]
        if (header in done)
            continue
        done[header] = 1
        put_headers_of(header)
        if (header !~ /^include\//)
            put(header)
    }
}

function put_source(   line, name, n, i, part) {
    n = 0
    while ((getline line < "locket.c") > 0) {
        name = wanted(line)
        if (name == "locket.h")
            print line
        else if (name == "")
            print line
        else
            part[++n] = name
    }
    close("locket.c")
    print ""
    for (i = 1; i <= n; i++)
        put_headers_of(part[i])
    for (i = 1; i <= n; i++) {
        if (!exists(part[i]))
            fail("there is no " part[i])
        put(part[i])
    }
}

BEGIN {
    n_folders = split("include crypto record alert handshake", folder, " ")
    print "/* SPDX-License-Identifier: Apache-2.0"
    print " *"
    print " * Written by `make single`. To change something change its file, which the marks name. */"
    if (what == "header")
        put_public("include/locket.h")
    else if (what == "source")
        put_source()
    else
        fail("say -v what=header or -v what=source")
}
