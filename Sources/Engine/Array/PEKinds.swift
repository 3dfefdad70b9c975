import Hardware

/// The PEs that share a history: every pass maps all of them or none.
///
/// Passes map the first rows and columns of the array, and only the last row group and the last column group map fewer
/// than all. So there are four kinds: PEs in the rows that every pass maps or not, and in columns likewise.
struct PEKinds: Sendable {
    let rows: Int
    let columns: Int
    /// Rows that the last row group maps.
    let rowSplit: Int
    /// Columns that the last column group maps.
    let columnSplit: Int

    /// The kinds of a layer, which are the same for all channel groups.
    init(_ layer: ArrayLayer) {
        let array = layer.array
        let mappedRows = (layer.filters + array.filtersPerPE - 1) / array.filtersPerPE
        let mappedColumns = (layer.tiles + array.tilesPerPE - 1) / array.tilesPerPE
        rows = array.rows
        columns = array.columns
        rowSplit = (mappedRows - 1) % array.rows + 1
        columnSplit = (mappedColumns - 1) % array.columns + 1
    }

    /// The number of kinds, of which some may be empty.
    static let count = 4

    /// The rows of a kind.
    func rowRange(_ kind: Int) -> Range<Int> { kind & 2 == 0 ? 0..<rowSplit : rowSplit..<rows }

    /// The columns of a kind.
    func columnRange(_ kind: Int) -> Range<Int> { kind & 1 == 0 ? 0..<columnSplit : columnSplit..<columns }

    /// The PEs of a kind.
    func size(_ kind: Int) -> Int { rowRange(kind).count * columnRange(kind).count }

    /// Whether a pass that maps the first `rows` rows and `columns` columns maps a kind.
    func isMapped(_ kind: Int, rows mappedRows: Int, columns mappedColumns: Int) -> Bool {
        rowRange(kind).upperBound <= mappedRows && columnRange(kind).upperBound <= mappedColumns && size(kind) > 0
    }
}
