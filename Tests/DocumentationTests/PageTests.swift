import Foundation
import TestSupport
import Testing

/// Pages and references to them.
@Suite struct PageTests {
    /// Source files of the package by their paths.
    private static let sources: [(path: String, text: String)] = ["Sources", "Tests"].flatMap { folder in
        let paths =
            FileManager.default.enumerator(atPath: "\(repository)/\(folder)")?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let text = try? String(contentsOfFile: "\(repository)/\(folder)/\(path)", encoding: .utf8)
            return ("\(folder)/\(path)", text ?? "")
        }
    }

    private static let names = Set(Page.all.map(\.name))

    @Test func namesOfPagesAreUnique() {
        #expect(Self.names.count == Page.all.count)
        #expect(Self.names.isSuperset(of: ["Workload", "MemoryModel", "TraceFormat", "Columns", "ConfigurationKeys"]))
    }

    /// References in comments have the form: the page `ArrayTiming`, the pages `ArrayTiming`, `Fetch` and `Laws`.
    @Test func pagesNamedInCommentsExist() {
        var found = 0
        for (path, text) in Self.sources {
            let comment = text.replacing("\n", with: " ").replacing(#/ +/// /#, with: " ")
            for match in comment.matches(of: #/\b[Pp]ages? ((?:`\w+`(?:, | and )?)+)/#) {
                for name in match.1.matches(of: #/`(\w+)`/#) {
                    found += 1
                    #expect(Self.names.contains(String(name.1)), "\(path): no page \(name.1)")
                }
            }
        }
        #expect(found > 10)
    }

    /// The pages define the model, so nothing refers to sections of another document.
    @Test func nothingRefersToSectionsOfTheContract() {
        let phrase = ["the contract", "'s section"].joined()
        for (path, text) in Self.sources { #expect(!text.contains(phrase), "\(path)") }
    }

    @Test func linksLeadToPagesOfTheSameCatalogue() {
        for page in Page.all {
            let folder = (page.path as NSString).deletingLastPathComponent
            let siblings = Page.all.filter { ($0.path as NSString).deletingLastPathComponent == folder }.map(\.name)
            for link in page.text.matches(of: #/<doc:(\w+)>/#) {
                #expect(siblings.contains(String(link.1)), "\(page.name): no page \(link.1) beside it")
            }
        }
    }

    @Test func picturesExistForLightAndDark() throws {
        var found = 0
        for page in Page.all {
            let folder = (page.path as NSString).deletingLastPathComponent + "/Resources"
            for picture in page.text.matches(of: #/!\[[^\]]+\]\((\w+)\)/#) {
                found += 1
                // One drawing in two palettes.
                let drawings = try ["", "~dark"].map { variant in
                    try String(contentsOfFile: "\(folder)/\(picture.1)\(variant).svg", encoding: .utf8)
                }
                #expect(drawings[0] != drawings[1], "\(page.name): \(picture.1)")
                let shapes = drawings.map { $0.replacing(#/#[0-9a-f]{6}/#, with: "#") }
                #expect(shapes[0] == shapes[1], "\(page.name): \(picture.1)")
            }
        }
        #expect(found > 0)
    }

    /// Every key that manifests and other tools' files are read with is on its page.
    @Test(arguments: [("TraceFormat", false, 30), ("Import", true, 20)])
    func everyKeyOfATraceIsOnItsPage(_ name: String, _ isImported: Bool, _ least: Int) throws {
        let page = try #require(Page.named(name))
        var keys = Set<String>()
        for (path, text) in Self.sources
        where path.hasPrefix("Sources/Traces/") && path.hasPrefix("Sources/Traces/Import/") == isImported {
            for match in text.matches(of: #/(?:required|optional|edge)\("(\w+)"\)/#) { keys.insert(String(match.1)) }
        }
        #expect(keys.count > least)
        for key in keys { #expect(page.text.contains("`\(key)`"), "\(key)") }
    }
}
