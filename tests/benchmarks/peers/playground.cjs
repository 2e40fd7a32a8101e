// Trains by TensorFlow Playground's own engine, `src/nn.ts` of a checkout of it: `node playground.cjs CHECKOUT`.
//
// The first line that is read is a case as JSON: the sizes of the layers, the function of the hidden ones, the
// parameters, the rows, the batch and the rate. Each further line is a count of iterations: they are computed, and a
// line with their losses is written, which a negative count leaves empty. `playground_script.py` is the other side.

"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");

function engineOf(checkout) {
  const typescript = require(require.resolve("typescript", { paths: [path.resolve(checkout)] }));
  const source = fs.readFileSync(path.join(checkout, "src", "nn.ts"), "utf8");
  const options = { module: typescript.ModuleKind.CommonJS, target: typescript.ScriptTarget.ES2015 };
  const exports = {};
  new Function("exports", typescript.transpileModule(source, { compilerOptions: options }).outputText)(exports);
  return exports;
}

function networkOf(nn, given) {
  const names = given.sizes.slice(0, 1).flatMap((count) => [...Array(count).keys()].map(String));
  const hidden = nn.Activations[given.activation];
  const network = nn.buildNetwork(given.sizes, hidden, nn.Activations.LINEAR, null, names);
  given.parameters.forEach(([weights, biases], layer) => {
    network[layer + 1].forEach((node, unit) => {
      node.bias = biases[unit];
      node.inputLinks.forEach((link, source) => (link.weight = weights[unit][source]));
    });
  });
  return network;
}

function* training(nn, given) {
  const network = networkOf(nn, given);
  const { inputs, targets, batch, lr } = given;
  for (;;) {
    for (let start = 0; start < inputs.length; start += batch) {
      const end = Math.min(start + batch, inputs.length);
      let error = 0;
      for (let row = start; row < end; row++) {
        const output = nn.forwardProp(network, inputs[row]);
        error += nn.Errors.SQUARE.error(output, targets[row]);
        nn.backProp(network, targets[row], nn.Errors.SQUARE);
      }
      nn.updateWeights(network, lr, 0);
      yield error / (end - start);
    }
  }
}

const nn = engineOf(process.argv[2]);
let steps = null;
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (steps === null) {
    steps = training(nn, JSON.parse(line));
    return;
  }
  const losses = [];
  const count = Number(line);
  for (let done = 0; done < Math.abs(count); done++) {
    const loss = steps.next().value;
    if (count > 0) {
      losses.push(loss);
    }
  }
  process.stdout.write(JSON.stringify(losses) + "\n");
});
