"""Groups of indications that rules treat alike: listed fluid, liver, platelets."""

# Words of the indication table, column fluid.
PLASMA_ONLY = ("plasma",)
PLASMA_AND_ALBUMIN = ("plasma-albumin-optional", "plasma-or-plasma-albumin", "plasma-predominant")
# Acute liver failure is the indication, or what it leads to (amatoxin).
LIVER = ("alf-high-volume", "alf-standard", "aflp", "wilson-fulminant", "toxin-mushroom")
HEMORRHAGE = ("anti-gbm-dah",)  # the indication that is alveolar hemorrhage itself
# Who decides on platelets: indications in which they went with thrombosis and death, and those of
# a specialist.
NO_PLATELETS = {
    "ttp": "TTP",
    "hit-pre-procedure": "HIT",
    "hit-refractory": "HIT",
    "vitt-refractory": "VITT",
}
MICROANGIOPATHY = (
    "stec-hus-severe",
    "pneumococcal-hus",
    "tma-complement-fh-antibody",
    "tma-complement-mutation",
    "tma-coagulation",
    "tma-ticlopidine",
    "tma-clopidogrel",
    "tma-gemcitabine",
    "tma-quinine",
    "caps",
)
PURPURA = "post-transfusion-purpura"
