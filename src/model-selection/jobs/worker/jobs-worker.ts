/** The thread that does jobs with all of kompakt's classes. A file of its own in the build. */
import * as bayes from '../../../bayes/index';
import * as cluster from '../../../cluster/index';
import { Rng } from '../../../core/rng';
import * as decomposition from '../../../decomposition/index';
import * as ensemble from '../../../ensemble/index';
import * as imbalanced from '../../../imbalanced/index';
import * as linear from '../../../linear/index';
import * as neighbors from '../../../neighbors/index';
import { NumpyRandom } from '../../../ops/numpy-random';
import { TensorRng } from '../../../ops/random';
import * as preprocessing from '../../../preprocessing/index';
import * as svm from '../../../svm/index';
import * as text from '../../../text/index';
import * as trees from '../../../trees/index';
import * as selection from '../../index';

selection.serveJobs({
  ...bayes,
  ...cluster,
  ...decomposition,
  ...ensemble,
  ...imbalanced,
  ...linear,
  ...neighbors,
  ...preprocessing,
  ...svm,
  ...text,
  ...trees,
  ...selection,
  NumpyRandom,
  Rng,
  TensorRng,
});
