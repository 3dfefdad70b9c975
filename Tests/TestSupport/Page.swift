import Foundation

/// A page of the documentation.
public struct Page: Sendable {
    /// Its name, which comments refer to.
    public let name: String
    /// Its file.
    public let path: String
    /// What it says.
    public let text: String

    /// All pages of all catalogues, by their names.
    public static let all: [Page] = {
        let sources = repository + "/Sources"
        let paths = FileManager.default.enumerator(atPath: sources)?.compactMap { $0 as? String } ?? []
        return paths.sorted().filter { $0.hasSuffix(".md") && $0.contains(".docc/") }.map {
            let path = "\(sources)/\($0)"
            let name = (($0 as NSString).lastPathComponent as NSString).deletingPathExtension
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            return Page(name: name, path: path, text: text)
        }
    }()

    /// The page of this name.
    public static func named(_ name: String) -> Page? { all.first { $0.name == name } }

    /// The lines under a heading, up to the next one.
    public func section(_ heading: String) -> [String] {
        let lines = text.components(separatedBy: "\n")
        guard let start = lines.firstIndex(of: "## \(heading)") else { return [] }
        return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("## ") })
    }

    /// The rows of the table under a heading, without its head: cells without code marks.
    public func table(_ heading: String) -> [[String]] {
        section(heading).filter { $0.hasPrefix("|") }.dropFirst(2).map { row in
            row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
            }
        }
    }

    /// The lines of the first block of code under a heading.
    public func code(_ heading: String) -> String {
        let lines = section(heading).drop { !$0.hasPrefix("```") }.dropFirst()
        return lines.prefix { !$0.hasPrefix("```") }.joined(separator: "\n")
    }
}
