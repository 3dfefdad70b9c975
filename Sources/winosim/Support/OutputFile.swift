import Files

/// The one file that an option such as `--csv` names.
enum OutputFile {
    /// Writes it, whole or not at all; a signal waits until it is there. A pipe is written as it comes, and may wait without end
    /// for its reader: there a signal ends the program at once.
    ///
    /// - Throws: `FileError`.
    static func write(_ bytes: [UInt8], to path: String) throws {
        guard try AtomicFile.isReplaced(path) else { return try AtomicFile.write(bytes, to: path) }
        try Signals.holding { try AtomicFile.write(bytes, to: path) }
    }
}
