import Hornbill

// A recurrent layer over one-hot letters: the sequence of its states, and the last of them.
let letters = Array("helo")
func oneHot(_ words: [String]) -> Tensor {
  let rows = words.flatMap { $0.flatMap { letter in letters.map { $0 == letter ? Float(1) : 0 } } }
  return Tensor(shape: [words.count, words[0].count, letters.count], rows)
}

let cell = Sequential { SimpleRNN(units: 2, returnSequences: true, returnState: true) }
let weights = [
  Tensor(shape: [4, 2], [0.5, -0.3, 0.8, 0.1, -0.6, 0.4, 0.2, 0.9] as [Float]),
  Tensor(shape: [2, 2], [0.1, -0.7, 0.6, 0.3] as [Float]),
  Tensor(shape: [2], [0, 0] as [Float]),
]
let rnn = try Model(cell, input: TensorSpec([nil, nil, 4]), weights: weights)
for batch in [["helo"], ["hello", "eolll", "lleel"]] {
  let results = try rnn.predict([oneHot(batch)])
  print("states of all steps:", Shape(results[0].shape), results[0].floats ?? [])
  print("last state:", Shape(results[1].shape), results[1].floats ?? [])
}

// Many to one: padded words, one-hot embedding with a mask, a recurrent layer, two classes.
let words = ["good", "bad", "worse", "so good"]
let characters = ["<pad>"] + Set(words.joined()).sorted().map(String.init)
let indices = words.map { word in word.map { characters.firstIndex(of: String($0)) ?? 0 } }
let tokens = padSequences(indices, maxlen: 10, padding: .post, truncating: .post)

let size = characters.count
let classifier = Sequential {
  LayerInstance(
    Embedding(inputDim: size, outputDim: size, maskZero: true), name: "embedding", trainable: false)
  SimpleRNN(units: 10)
  Dense(units: 2)
}
print(try Model(classifier).summary().text())

// Any numbers do for weights that were not trained; the embedding's are one-hot.
func some(_ shape: [Int]) -> Tensor {
  let count = shape.reduce(1, *)
  return Tensor(shape: shape, (0..<count).map { Float($0 * 37 % 19 - 9) / 20 })
}
let rows = (0..<size * size).map { Float($0 % (size + 1) == 0 ? 1 : 0) }
let trained =
  [Tensor(shape: [size, size], rows)] + [[size, 10], [10, 10], [10], [10, 2], [2]].map(some)
let built = try Model(classifier, input: TensorSpec([nil, 10], .int32), weights: trained)
print(try built.summary().text())
let logits = try built.predict([tokens])[0]
print("logits of \(words):", Shape(logits.shape), logits.floats ?? [])
