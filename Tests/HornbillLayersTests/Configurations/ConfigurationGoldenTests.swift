import HornbillCore
import HornbillLayers
import Testing

/// Every layer says its arguments as `get_config` of Keras 3.15 does, field by field and in order.
@Suite struct ConfigurationGoldenTests {
  /// Classes that files of other releases hold, which Keras 3.15 does not have.
  static let otherReleases: Set<String> = [
    "CuDNNGRU", "CuDNNLSTM", "Highway", "LegacyBatchNormalization",
    "LocallyConnected1D", "LocallyConnected2D", "MaxoutDense", "Merge", "ParametricSoftplus",
    "RandomHeight", "RandomWidth", "SReLU", "SlicingOpLambda", "TFOpLambda",
    "TensorFlowOpLayer", "ThresholdedReLU",
  ]
  /// Models, whose configurations are those of whole files.
  static let models: Set<String> = ["Functional", "Sequential"]

  @Test(arguments: ConfigurationGolden.all)
  func decodedLayerGivesItsConfiguration(_ golden: ConfigurationGolden) throws {
    let instance = try ConfigurationGolden.decoded(golden.object)
    let (fields, obstacles) = instance.configuration()
    #expect(obstacles.isEmpty)
    let difference = pythonDifference(ConfigurationGolden.arguments(fields), golden.arguments)
    #expect(difference == nil)
  }

  @Test(arguments: ConfigurationGolden.all)
  func writtenLayerIsTheSame(_ golden: ConfigurationGolden) throws {
    let written = try ConfigurationGolden.decoded(golden.object).encoded().object
    let again = try ConfigurationGolden.decoded(written)
    #expect(again.encoded().object == written)
    #expect(written["class_name"] == golden.object["class_name"])
    #expect(written["module"] == golden.object["module"])
    #expect(written["registered_name"] == golden.object["registered_name"])
    let context = DecodingContext(rules: SemanticRules(kerasMajor: 3))
    _ = try context.decode(written)
    #expect(context.upgrades.isEmpty)
  }

  @Test(arguments: ConfigurationGolden.all)
  func writtenLayerHasTheFieldsThatItsConstructorTakes(_ golden: ConfigurationGolden) throws {
    let config = try ConfigurationGolden.decoded(golden.object).configuration().fields
    let expected = try #require(golden.object["config"]?.object)
    let common = ["name", "trainable", "dtype", "activity_regularizer"]
    for field in common where golden.className != "HashedCrossing" {
      #expect((config[field] == nil) == (expected[field] == nil), "\(field)")
    }
    #expect(config["name"] == expected["name"])
    // Some constructors take the name of a policy as well as its object.
    let policy = expected["dtype"]
    let name = policy?.string.map { JSON.object(JSONObject([("name", .string($0))])) }
    let stated = golden.className == "InputLayer" ? config["dtype"] : config["dtype"]?["config"]
    #expect(stated == (golden.className == "InputLayer" ? policy : name ?? policy?["config"]))
  }

  @Test(arguments: MadeLayer.all)
  func layerMadeInSwiftGivesKerasConfiguration(_ made: MadeLayer) throws {
    let found = ConfigurationGolden.all.first {
      $0.className == made.className && $0.name == made.golden
    }
    let golden = try #require(found)
    let (fields, obstacles) = LayerInstance(made.layer, name: "layer").configuration()
    #expect(obstacles.isEmpty)
    var expected = golden.arguments.object ?? JSONObject()
    for field in made.drawn { expected[field] = JSON.null }
    let difference = pythonDifference(ConfigurationGolden.arguments(fields), JSON.object(expected))
    #expect(difference == nil)
  }

  @Test func everyClassHasAGolden() {
    let covered = Set(ConfigurationGolden.all.map(\.className))
    let known = LayerRegistry.builtIn.map { $0.className }
    let expected = Set(known).subtracting(Self.otherReleases).subtracting(Self.models)
    #expect(expected.subtracting(covered).sorted() == [])
    #expect(covered.subtracting(known).sorted() == [])
    #expect(Self.otherReleases.union(Self.models).subtracting(known).sorted() == [])
    let made = Set(MadeLayer.defaults.map(\.className))
    #expect(covered.subtracting(made).sorted() == [])
  }

  @Test func everyClassWithVariablesIsMadeFromAllArguments() {
    let having = ConfigurationGolden.all.filter { golden in
      golden.arguments.object?.keys.contains { $0.hasSuffix("_initializer") } ?? false
    }
    let made = MadeLayer.variables.map(\.className)
    #expect(Set(having.map(\.className)).subtracting(made).sorted() == [])
  }
}
