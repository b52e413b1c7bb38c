"""What scikit-learn and imbalanced-learn do, for bench/parts/estimators.ts.

python3 serve.py <kind of work> <folder> <threads>

The folder holds X.f64, y.i32 (raw, little-endian) and data.json. For every line read from standard input does the work once and
prints the milliseconds it took, its figure and the most memory the process has held, as JSON; a first line says that it
is ready, and with what.
"""
import json
import resource
import sys
import time
import warnings
from pathlib import Path

import imblearn
import numpy as np
import sklearn

warnings.filterwarnings("ignore")
kind, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
about = json.loads((folder / "data.json").read_text())
y = np.fromfile(folder / "y.i32", dtype="<i4")
X = np.fromfile(folder / "X.f64", dtype="<f8").reshape(about["rows"], about["columns"])
few = min(len(y), 5000)


def logistic():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=200).fit(X, y).score(X[:few], y[:few])


def smote():
    from imblearn.over_sampling import SMOTE

    return len(SMOTE(random_state=1).fit_resample(X, y)[1])


def forest():
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(100, n_jobs=threads, random_state=1).fit(X, y)
    return model.score(X[:few], y[:few])


def boosting():
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=100, early_stopping=False).fit(X, y).score(X[:few], y[:few])


def neighbors():
    from sklearn.neighbors import NearestNeighbors

    distances, _ = NearestNeighbors(n_neighbors=5, n_jobs=threads).fit(X).kneighbors(X)
    return float(distances.mean())


def votes():
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(n_jobs=threads).fit(X, y).score(X, y)


def tree():
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=5, random_state=1).fit(X, y).score(X[:few], y[:few])


def bayes():
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB().fit(X, y).score(X[:few], y[:few])


def kmeans():
    from sklearn.cluster import KMeans

    return KMeans(8, n_init=1, random_state=1).fit(X).inertia_ / len(y)


def tfidf():
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer().fit_transform(about["texts"]).nnz


run = globals()[kind]
print(json.dumps({"ready": True, "versions": {"scikit-learn": sklearn.__version__, "imbalanced-learn": imblearn.__version__}}), flush=True)
for _ in sys.stdin:
    began = time.perf_counter()
    value = run()
    ms = (time.perf_counter() - began) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": ms, "value": float(value), "peakMiB": peak}), flush=True)
