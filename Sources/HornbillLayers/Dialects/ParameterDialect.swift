import HornbillCore

/// The spellings of initializers, regularizers and constraints in every generation.
///
/// Objects of the author's own and those in Keras 3's spelling, names among them, stay as they are. No change is noted: the
/// meaning is the same.
enum ParameterDialect {
  static func upgrade(_ upgrade: inout LayerUpgrade) {
    for (field, value) in upgrade.fields.pairs where value.object != nil && value["module"] == nil {
      if field.hasSuffix("_initializer") {
        upgrade.respell(field, to: Initializer(json: value).json)
      } else if field.hasSuffix("_regularizer") {
        upgrade.respell(field, to: Regularizer(json: value).json)
      } else if field.hasSuffix("_constraint") {
        upgrade.respell(field, to: Constraint(json: value).json)
      }
    }
  }
}
