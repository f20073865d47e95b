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

// Seeds give the weights with which Keras begins for the same seeds.
let size = characters.count
let classifier = Sequential {
  Embedding(
    inputDim: size, outputDim: size, embeddingsInitializer: .identity(), maskZero: true
  ).instance(trainable: false)
  SimpleRNN(
    units: 10, kernelInitializer: .glorotUniform(seed: 1),
    recurrentInitializer: .orthogonal(seed: 2))
  Dense(units: 2, kernelInitializer: .glorotUniform(seed: 3))
}
print(try Model(classifier).summary().text())

let built = try Model(classifier, input: TensorSpec([nil, 10], .int32))
print(try built.summary().text())
let logits = try built.predict([tokens])[0]
print("logits of \(words):", Shape(logits.shape), logits.floats ?? [])
