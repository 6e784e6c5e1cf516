"""What a model is for, what it is not for, and where its data end."""

INTENDED = (
    (
        "Research and education: to see how a classifier of brain MRI slices "
        "behaves, how well such a thing can do when people are kept apart, and what "
        "influences it."
    ),
    (
        "It takes one axial, skull-stripped T1 slice at a time and says how the "
        "person may have been rated on the CDR scale (No, Very Mild, Mild or "
        "Moderate Impairment)."
    ),
)

NOT_INTENDED = (
    (
        "Not a medical device and not a diagnosis. No decision about a person may rest "
        "on it."
    ),
    (
        "The classes are degrees of clinical impairment as rated by a clinician, not "
        "pathology and not 'stages of Alzheimer's'."
    ),
    (
        "The heatmap shows what influenced the model, not where disease is. It names "
        "no side and no region."
    ),
)

OASIS_LIMITS = (
    (
        "Coverage: slices at MNI z from about -3 to +27. The lateral ventricles are "
        "inside; most of the hippocampus, and all of the entorhinal cortex and the "
        "amygdala, are not."
    ),
    (
        "'Moderate Impairment' rests on two people. Its accuracy can't be measured, "
        "and no set of possible classes names it."
    ),
    (
        "Age: nobody impaired is under 62, and more than twenty unimpaired people "
        "are under 60. Figures for everyone are helped by that; those for people of "
        "60 and over are the ones to quote."
    ),
    (
        "One study, one scanner type, one way of preparing slices. Elsewhere it may be "
        "much worse; nobody has measured that."
    ),
)
