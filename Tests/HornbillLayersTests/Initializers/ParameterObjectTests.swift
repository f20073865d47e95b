import HornbillCore
import HornbillLayers
import Testing

@Suite("Initializers, regularizers and constraints in every spelling")
struct ParameterObjectTests {
  @Test(
    "one initializer has many spellings",
    arguments: [
      (#""glorot_uniform""#, Initializer.glorotUniform()),
      (#""GlorotUniform""#, .glorotUniform()),
      (
        #"{"class_name": "GlorotUniformV2", "config": {"seed": 3, "dtype": "float32"}}"#,
        .glorotUniform(seed: 3)
      ),
      (#""uniform""#, .randomUniform()), (#""normal""#, .randomNormal()), (#""zero""#, .zeros),
      (
        #"{"class_name": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": null}}"#,
        .varianceScaling(VarianceScaling(mode: .fanAverage, distribution: .uniform))
      ),
      (
        #"{"class_name": "VarianceScaling", "config": {"distribution": "normal"}}"#,
        .varianceScaling(VarianceScaling())
      ),
      (#"{"class_name": "Constant", "config": {"value": 3}}"#, .constant(3)),
      (
        #"{"class_name": "Constant", "config": {"value": [1.0, 2.0]}}"#,
        .array(Tensor(shape: [2], [1, 2] as [Float]))
      ),
      (
        #"{"class_name": "OrthogonalInitializer", "config": {"gain": 2.0}}"#,
        .orthogonal(gain: 2)
      ),
      (
        #"{"module": "keras.initializers", "class_name": "Orthogonal", "config": {"seed": -1, "gain": 1.0}, "registered_name": null}"#,
        .orthogonal(seed: -1)
      ),
    ])
  func initializers(text: String, expected: Initializer) throws {
    let value = try json(text)
    let read = Initializer(json: value)
    #expect(read == expected)
    #expect(Initializer(json: read.json) == read)
  }

  @Test(
    "what is not Keras's own stays as it is",
    arguments: [
      #"{"module": "my.code", "class_name": "Mine", "config": {"a": [1, {"b": null}]}, "registered_name": "pkg>Mine"}"#,
      #"{"class_name": "GlorotUniform", "config": {"seed": {"class_name": "SeedGenerator", "config": {"seed": 1}}}}"#,
      #"{"class_name": "RandomNormal", "config": {"mean": "much"}}"#,
      #"{"class_name": "VarianceScaling", "config": {"mode": "fan_club"}}"#,
      #""my_own""#, "17",
    ])
  func custom(text: String) throws {
    let value = try json(text)
    #expect(Initializer(json: value) == .custom(value))
    #expect(Initializer(json: value).json == value)
    #expect(Regularizer(json: value) == .custom(value))
    #expect(Constraint(json: value) == .custom(value))
  }

  @Test(
    "regularizers",
    arguments: [
      (#""l2""#, Regularizer.l2()), (#""L1L2""#, .l1l2()),
      (
        #"{"class_name": "WeightRegularizer", "config": {"l1": 0.0, "l2": 0.5, "name": "WeightRegularizer"}}"#,
        .l1l2(l2: 0.5)
      ),
      (
        #"{"class_name": "OrthogonalRegularizer", "config": {"factor": 0.5, "mode": "columns"}}"#,
        .orthogonal(factor: 0.5, mode: .columns)
      ),
    ])
  func regularizers(text: String, expected: Regularizer) throws {
    let read = Regularizer(json: try json(text))
    #expect(read == expected)
    #expect(Regularizer(json: read.json) == read)
  }

  @Test("the factor of L1 is written as Keras has it, in float32")
  func roundedFactor() {
    #expect(Regularizer.l1(0.1).json["config"]?["l1"] == .double(0.10000000149011612))
    #expect(Regularizer.l2(0.1).json["config"]?["l2"] == .double(0.1))
  }

  @Test(
    "constraints",
    arguments: [
      (
        #"{"class_name": "MaxNorm", "config": {"m": 3, "axis": 0, "name": "MaxNorm"}}"#,
        Constraint.maxNorm(maxValue: 3)
      ),
      (
        #"{"class_name": "MinMaxNorm", "config": {"low": 0.5, "high": 2.0, "axis": [0, 1]}}"#,
        .minMaxNorm(minValue: 0.5, maxValue: 2, axes: [0, 1])
      ),
      (#""non_neg""#, .nonNegative), (#""unit_norm""#, .unitNorm()),
    ])
  func constraints(text: String, expected: Constraint) throws {
    let read = Constraint(json: try json(text))
    #expect(read == expected)
    #expect(Constraint(json: read.json) == read)
  }
}
