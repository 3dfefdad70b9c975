import Files

extension Trace {
    /// The same layers with another batch.
    ///
    /// Only activations that are drawn can be drawn for more images, and weights are the same ones; a tensor has the images that
    /// it has. What is not exported or not simulated is known for the batch that ran, and without a number for another.
    ///
    /// - Throws: `InputError` at a layer whose activations are a tensor or masks of another batch.
    public func with(batch: Int) throws -> Trace {
        var trace = self
        if layers.contains(where: { $0.shape.batch != batch }) {
            trace.notExported = notExported.map(\.withoutNumber)
            trace.graph.operations = graph.operations.map(\.withoutSizes)
            trace.graph.inputs = []
        }
        trace.layers = try layers.map { layer in
            guard layer.shape.batch != batch else { return layer }
            guard case .density = layer.activations else {
                throw InputError(
                    "layer \(quoted(layer.name)) has the activations of a batch of \(layer.shape.batch) in a tensor, so it cannot run "
                        + "at a batch of \(batch); densities can",
                    at: layer.mark)
            }
            guard layer.operation != .matmul else {
                throw InputError(
                    "layer \(quoted(layer.name)) multiplies activations by activations, and the trace does not say how many products "
                        + "another batch has",
                    at: layer.mark)
            }
            var layer = layer
            layer.shape.batch = batch
            layer.outputs = nil
            return layer
        }
        return trace
    }
}
