#!/usr/bin/env python3
"""Prints the numbers of scikit-learn that tests/metrics_test.cpp expects of the same rows. Needs scikit-learn.

The rows are made of whole numbers by formulas that the test has too, so no data are stored."""

import numpy as np
from sklearn import metrics


def rows(n=257, classes=4):
    i = np.arange(n)
    target = (i * i * 7 + i // 3) % classes
    target[i % 11 == 0] = 2
    scores = np.stack([((i * (37 + 14 * c) + 11 * c) % 101) / 100 + 0.4 * (target == c) for c in range(classes)], 1)
    return target, scores


def show(name, value):
    print(f'  {{"{name}", {float(value)!r}}},')


def main():
    target, scores = rows()
    predicted = scores.argmax(1)
    print(metrics.confusion_matrix(target, predicted).tolist())
    show("accuracy", metrics.accuracy_score(target, predicted))
    for k in (1, 2, 3, 4):
        show(f"top {k}", metrics.top_k_accuracy_score(target, scores, k=k))
    for name, f in (("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1", metrics.f1_score)):
        for average in ("micro", "macro", "weighted"):
            show(f"{name} {average}", f(target, predicted, average=average))
        for c, value in enumerate(f(target, predicted, average=None)):
            show(f"{name} {c}", value)
        few = predicted % 2, target % 2
        show(f"{name} binary", f(few[1], few[0]))
        for zero in (0, 1):
            missing = np.where(predicted == 3, 0, predicted), np.where(target == 1, 0, target)
            show(f"{name} macro zero_division {zero}", f(missing[1], missing[0], average="macro", zero_division=zero))
    i = np.arange(len(target))
    label = (target == 2).astype(int)
    score = ((i * 65 + 22) % 101 + 40 * label - 20 * ((i * 13) % 7)) // 10  # whole, so that ties are ties everywhere
    show("roc auc", metrics.roc_auc_score(label, score))
    show("average precision", metrics.average_precision_score(label, score))
    truth, guess = scores[:, 0] * 3 + 1e6, scores[:, 1] * 2 + scores[:, 0] * 2 + 1e6
    show("mae", metrics.mean_absolute_error(truth, guess))
    show("mse", metrics.mean_squared_error(truth, guess))
    show("rmse", metrics.root_mean_squared_error(truth, guess))
    show("r2", metrics.r2_score(truth, guess))
    show("r2 of columns", metrics.r2_score(scores, scores[:, [0, 2, 1, 3]]))


if __name__ == "__main__":
    main()
