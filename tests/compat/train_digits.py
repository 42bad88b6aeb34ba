#!/usr/bin/env python
"""Chainer example: a small convolutional network on the 8x8 digits, with Trainer, extensions and snapshots.

Written for Chainer 7; it knows nothing of dwbridge. The digits come as an .npz with `images` and `labels`.
"""

import argparse
import os

import chainer
import chainer.functions as F
import chainer.links as L
import numpy
from chainer import serializers, training
from chainer.backends import cuda
from chainer.datasets import TupleDataset, split_dataset
from chainer.training import extensions


class MLP(chainer.Chain):
    def __init__(self, n_units, n_out):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(None, n_out)

    def forward(self, x):
        return self.l2(F.relu(self.l1(x)))


class CNN(chainer.Chain):
    def __init__(self, n_out):
        super().__init__(
            conv=L.Convolution2D(1, 8, 3, pad=1, initialW=chainer.initializers.HeNormal()),
            depthwise=L.DepthwiseConvolution2D(8, 2, 3, pad=1, nobias=True),
            bn=L.BatchNormalization(16),
            fc=L.Linear(None, n_out),
        )

    def __call__(self, x):
        h = F.relu(self.conv(x))
        h = F.max_pooling_2d(F.relu(self.bn(self.depthwise(h))), 2)
        return self.fc(F.dropout(h, 0.2))


def main():
    parser = argparse.ArgumentParser(description="Chainer example: digits")
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", choices=("mlp", "cnn"), default="cnn")
    parser.add_argument("--batchsize", "-b", type=int, default=100)
    parser.add_argument("--epoch", "-e", type=int, default=3)
    parser.add_argument("--device", "-d", type=str, default="-1")
    parser.add_argument("--out", "-o", default="result")
    parser.add_argument("--resume", "-r", type=str)
    args = parser.parse_args()

    device = chainer.get_device(args.device)
    print(f"Device: {device}")
    print(f"CUDA: {cuda.available and cuda.cupy is not None}")
    print(f"# Minibatch-size: {args.batchsize}")

    numpy.random.seed(0)
    with numpy.load(args.data) as data:
        x = (data["images"] / 16).astype(chainer.get_dtype())[:, None]
        t = data["labels"].astype(numpy.int32)
    train, test = split_dataset(TupleDataset(x, t), 1400)

    model = L.Classifier(MLP(32, 10) if args.model == "mlp" else CNN(10))
    model.to_device(device)
    if args.model == "mlp":
        optimizer = chainer.optimizers.MomentumSGD(lr=0.05)
    else:
        optimizer = chainer.optimizers.Adam()
    optimizer.setup(model)
    optimizer.add_hook(chainer.optimizer.WeightDecay(1e-4))
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(5.0))

    train_iter = chainer.iterators.SerialIterator(train, args.batchsize)
    test_iter = chainer.iterators.SerialIterator(test, args.batchsize, repeat=False, shuffle=False)
    updater = training.updaters.StandardUpdater(train_iter, optimizer, device=device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.Evaluator(test_iter, model, device=device))
    trainer.extend(extensions.snapshot(), trigger=(args.epoch, "epoch"))
    trainer.extend(extensions.snapshot_object(model.predictor, "model_epoch-{.updater.epoch}"), name="model")
    trainer.extend(extensions.LogReport())
    trainer.extend(
        extensions.PrintReport(
            ["epoch", "main/loss", "validation/main/loss", "main/accuracy", "validation/main/accuracy"]
        )
    )

    @training.make_extension(trigger=(1, "epoch"))
    def count_parameters(trainer):
        with chainer.no_backprop_mode(), chainer.using_config("train", False):
            y = model.predictor(model.xp.asarray(x[:2]))
        assert isinstance(y, chainer.Variable) and y.shape == (2, 10) and y.creator is None

    trainer.extend(count_parameters)
    if args.resume is not None:
        chainer.serializers.load_npz(args.resume, trainer)

    trainer.run()
    print(f"{model.count_params()} parameters")

    saved = os.path.join(args.out, f"model_epoch-{args.epoch}")
    again = MLP(32, 10) if args.model == "mlp" else CNN(10)
    serializers.load_npz(saved, again)
    with chainer.using_config("train", False):
        same = numpy.array_equal(again(x[:5]).array, model.predictor(x[:5]).array)
    print("Loaded again: {}".format("the same" if same else "different"))


if __name__ == "__main__":
    main()
