"""The same training as others do it: a script in plain torch, one in NumPy, and TensorFlow Playground."""

# Epochs a second of TensorFlow Playground's opening network, 2-4-2-1 with tanh on 250 rows in batches of 10: it trains
# one a frame, and a browser draws 60 frames a second (https://github.com/tensorflow/playground, `src/playground.ts`).
PLAYGROUND_EPOCHS_PER_SECOND = 60.0
