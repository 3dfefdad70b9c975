import YAML

/// What belongs together in a memory. Only what no device has is refused.
extension DRAMConfiguration {
    /// Checks timings and currents together, once all of them are known.
    ///
    /// - Parameter node: the mapping that the memory was decoded from. An error is placed at the timing in it that the error
    ///   names, or at the mapping of timings, or at `node`.
    /// - Throws: `InputError` that names what does not fit together, with the values.
    public func check(at node: Node) throws {
        let node = node["timings"] ?? node
        try timings.check(burst: organization.burstCycles, at: node)
        let least = timings.longestService(burst: organization.burstCycles, banks: organization.banks)
        guard timings.tREFI > least else {
            throw (node["tREFI"] ?? node["tRFC"] ?? node).error(
                "tREFI of \(timings.tREFI) leaves no time between refreshes of tRFC \(timings.tRFC): expected more than "
                    + "\(least), which is tRFC + max(tRC, tRAS + tRP) + max(tRAS, tRCD + CWL + burst + tWR) + tRCD + tRP "
                    + "+ one for each bank")
        }
        if case .currents(let currents) = energy { try currents.checkActivate(timings, at: node) }
    }
}

extension DRAMTimings {
    /// A timing that is never below another one.
    private struct Order {
        let name: String
        let path: KeyPath<DRAMTimings, Int>
        let least: String
        let leastPath: KeyPath<DRAMTimings, Int>
        let reason: String
        /// The timings that it compares, the first of which an error is placed at.
        var keys: [String] = []
    }

    private static var orders: [Order] {
        let group = "commands in one bank group are at least as far apart as in two"
        return [
            Order(name: "tCCD_L", path: \.tCCDLong, least: "tCCD_S", leastPath: \.tCCDShort, reason: group),
            Order(name: "tRRD_L", path: \.tRRDLong, least: "tRRD_S", leastPath: \.tRRDShort, reason: group),
            Order(name: "tWTR_L", path: \.tWTRLong, least: "tWTR_S", leastPath: \.tWTRShort, reason: group),
            Order(
                name: "tFAW", path: \.tFAW, least: "tRRD_S", leastPath: \.tRRDShort,
                reason: "the window of four activates holds the time between two"),
            Order(
                name: "tRAS", path: \.tRAS, least: "tRCD", leastPath: \.tRCD,
                reason: "a row stays open until a column of it can be read"),
            Order(
                name: "tRFC", path: \.tRFC, least: "max(tRC, tRAS + tRP)", leastPath: \.rowCycle,
                reason: "a refresh opens and closes rows", keys: ["tRFC", "tRC", "tRAS", "tRP"]),
        ]
    }

    /// Checks what each pair of timings allows, and that column commands leave a burst its clocks on the data bus.
    fileprivate func check(burst: Int, at node: Node) throws {
        guard tCCDShort >= burst else {
            throw (node["tCCD_S"] ?? node).error(
                "tCCD_S of \(tCCDShort) is below the \(burst) clocks of a burst on the data bus: expected at least \(burst)"
            )
        }
        for order in Self.orders {
            let (value, least) = (self[keyPath: order.path], self[keyPath: order.leastPath])
            guard value >= least else {
                let keys = order.keys.isEmpty ? [order.name, order.least] : order.keys
                throw (keys.lazy.compactMap { node[$0] }.first ?? node).error(
                    "\(order.name) of \(value) is below \(order.least) of \(least): expected at least \(least), as "
                        + order.reason)
            }
        }
    }
}

extension DRAMCurrents {
    /// Checks that standby and bursts take no less than what they stand above.
    ///
    /// - Parameter node: the mapping of currents.
    func check(at node: Node) throws {
        let burst = "a command above standby would have a negative energy"
        let pairs = [
            ("IDD3N", idd3n, "IDD2N", idd2n, "a device with an open row takes no less than one with all closed"),
            ("IDD4R", idd4r, "IDD3N", idd3n, burst), ("IDD4W", idd4w, "IDD3N", idd3n, burst),
            ("IDD5AB", idd5ab, "IDD3N", idd3n, burst),
        ]
        for (name, value, other, least, reason) in pairs where value < least {
            throw (node[name] ?? node).error(
                "\(name) of \(value) mA is below \(other) of \(least) mA: expected at least \(least), as \(reason)")
        }
    }

    /// Checks that an activate with its precharge takes no less than standby in the same time.
    ///
    /// - Parameter node: the mapping of timings.
    fileprivate func checkActivate(_ timings: DRAMTimings, at node: Node) throws {
        guard activateCharge(timings) < 0 else { return }
        throw (["tRAS", "tRC", "tRP"].lazy.compactMap { node[$0] }.first ?? node).error(
            "IDD0 of \(idd0) mA in a row cycle of \(timings.rowCycle) clocks is below standby, with IDD3N of \(idd3n) mA for "
                + "tRAS of \(timings.tRAS) and IDD2N of \(idd2n) mA for the rest: an activate would have a negative energy"
        )
    }
}
