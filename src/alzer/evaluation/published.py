"""What a model must beat: figures of simple predictors on the same folds.

Measured once on the OASIS-1 slice set, per person, five folds, impaired
(CDR > 0) against not; the area under the ROC curve for everyone (200 people)
and for people of 60 and over (172). Ages and volumes come from the study's own
demographics table.
"""

from types import MappingProxyType

PUBLISHED_BASELINES = (
    MappingProxyType({"name": "age alone", "everyone": 0.61, "age_60_and_over": 0.43}),
    MappingProxyType(
        {
            "name": "whole-brain volume (nWBV) of the full scan",
            "everyone": 0.76,
            "age_60_and_over": 0.68,
        }
    ),
    MappingProxyType(
        {
            "name": "share of dark pixels in the brain, mean of 32 slices",
            "everyone": 0.77,
            "age_60_and_over": 0.69,
        }
    ),
    MappingProxyType(
        {
            "name": "share of dark pixels per slice, and brain area",
            "everyone": 0.80,
            "age_60_and_over": 0.72,
        }
    ),
    MappingProxyType(
        {
            "name": "linear SVM on smoothed voxels",
            "everyone": 0.78,
            "age_60_and_over": 0.70,
        }
    ),
)
