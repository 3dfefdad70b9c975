/// The name that a misspelt one most likely means: the fewest letters dropped, added, changed or swapped with their
/// neighbour (Damerau 1964, optimal string alignment), case and dashes apart; nil where none is close.
public func nearestName(to name: String, among names: [String]) -> String? {
    let limit = 64
    let wanted = folded(name)
    guard !wanted.isEmpty, wanted.count <= limit else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in names {
        let other = folded(candidate)
        guard other.count <= limit else { continue }
        let distance = editDistance(wanted, other)
        let cutOff = max(1, min(wanted.count, other.count) / 3)
        if distance <= cutOff && distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    return best?.name
}

private func folded(_ name: String) -> [Unicode.Scalar] {
    name.lowercased().unicodeScalars.map { $0 == "-" || $0 == " " ? "_" : $0 }
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var (before, last) = ([Int](), Array(0...b.count))
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var cost = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
            row.append(cost)
        }
        (before, last) = (last, row)
    }
    return last[b.count]
}
