#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Immutable bytes: those of a file or a copy of an array. They never change after `init`, hence sendable.
///
/// A file is read once and kept: a memory map of it would end the program when another process truncates the file, and would
/// show changes by other processes. The digest of a trace is that of these bytes.
package final class Storage: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    /// Copies bytes.
    package init(copying source: UnsafeRawBufferPointer) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 16)
        copy.copyMemory(from: source)
        bytes = UnsafeRawBufferPointer(copy)
        isMapped = false
    }

    /// Reads a regular file.
    ///
    /// - Throws: `FileError`, also if the file changes its size meanwhile or does not fit into memory.
    package init(reading path: String) throws {
        func failed(_ reason: String) -> FileError { FileError(.read, path: path, reason: reason) }
        // A pipe would block until it has a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failed(InputFile.reason(errno)) }
        defer { close(descriptor) }
        let size = try Self.size(of: descriptor, failed: failed)
        guard size > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            isMapped = false
            return
        }
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0), base != MAP_FAILED
        else { throw failed("its \(size) bytes do not fit into memory: \(InputFile.reason(errno))") }
        do {
            let count = try Self.fill(UnsafeMutableRawBufferPointer(start: base, count: size), from: descriptor, failed)
            let now = count < size ? count : try Self.size(of: descriptor, failed: failed)
            guard now == size else {
                throw failed("it had \(size) bytes and has \(now) now: another program is writing it")
            }
        } catch {
            munmap(base, size)
            throw error
        }
        bytes = UnsafeRawBufferPointer(start: base, count: size)
        isMapped = true
    }

    private static func size(of descriptor: Int32, failed: (String) -> FileError) throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failed(InputFile.reason(errno)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return Int(status.st_size)
        case S_IFDIR: throw failed("it is a folder")
        default: throw failed("it is not a regular file")
        }
    }

    /// Reads until the buffer is full or the file ends; returns the number of bytes.
    private static func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, _ failed: (String) -> FileError
    ) throws -> Int {
        var count = 0
        while count < buffer.count {
            let rest = buffer[count...]
            let more = read(
                descriptor, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, min(rest.count, 1 << 30))
            if more < 0 {
                if errno == EINTR { continue }
                throw failed(InputFile.reason(errno))
            }
            if more == 0 { break }
            count += more
        }
        return count
    }

    deinit {
        if isMapped {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        } else {
            bytes.deallocate()
        }
    }
}
