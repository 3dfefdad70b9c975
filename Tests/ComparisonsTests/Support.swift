import Hardware
import TestSupport
import Traces

@testable import Comparisons
@testable import Energy
@testable import Engine

/// The shipped configurations.
func shippedLibrary() throws -> ConfigurationLibrary {
    try ConfigurationLibrary(
        directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
}
