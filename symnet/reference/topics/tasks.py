"""How common things are done, each with an example that works."""

from __future__ import annotations

from symnet.reference.entries import Entry

ORDER = 0
SAYS = "How do I …? Short answers, each with an example."


def entries() -> tuple[Entry, ...]:
    return _ENTRIES


_ENTRIES = (
    Entry(
        "one-derivative", "Ask for one derivative only.",
        ("In the terminal: symnet solve FILE --wrt w13, or --of y5 --wrt x3 for any derivative.",
         'In a file: ask = "gradient" with of, or ask = "derivative" with of and wrt.'),
        (), '[[question]]\nask = "gradient"\nof = "w13"\n\n[[question]]\nask = "derivative"\nof = "y5"\nwrt = "x3"',
        "relu", ("derivative", "gradient", "one", "wrt"),
    ),
    Entry(
        "latex", "Print a name as you like: LaTeX for it under [notation].",
        ("w13 is printed as w with the index 13, out_h1 as out with the index h1, beta as β, without being told.",),
        (), '[notation]\nw13 = "w_{1,3}"\ny5 = "\\\\hat{y}"', "relu", ("notation", "name", "tex", "hat"),
    ),
    Entry(
        "points", "Print and give points.",
        ("The points of a question are shared equally by the numbers that it asks for. symnet mark gives them.",),
        (), '[[question]]\nask = "forward"\npoints = 3\n\n[[question]]\nask = "gradient"\npoints = 6', "relu",
        ("marks", "score"),
    ),
    Entry(
        "sizes", "Ask for output shapes, parameters, multiply-adds, memory or receptive fields of layers.",
        ("No weights are needed: give the shape of an example, input_shape, and the layers. In answers the numbers are "
         "called height1, parameters1, macs1, field1, and parameters in all.",
         "[vary] draws kernel1, stride1, padding1, filters1, units4, height0; what does not fit is drawn again.",
         "symnet summary FILE prints the table; symnet new sizes is a file to start from."),
        (), '[network]\ninput_shape = [3, 32, 32]\n[[layer]]\nkind = "conv"\nchannels = 8\nkernel = 5\n[[layer]]\n'
        'kind = "flatten"\n[[layer]]\nkind = "dense"\nunits = 10\n[[question]]\nask = "sizes"', "",
        ("shapes", "output-size", "parameters", "flops", "macs", "memory", "receptive-field", "counting"),
    ),
    Entry(
        "samples", "Two samples, or more: a table [[samples]] each.",
        ('One update for all of them, or one a sample with mode = "online" under [training].',),
        (), '[[samples]]\nx1 = 1\nx2 = -1\nt = 0\n\n[[samples]]\nx1 = 2\nx2 = 1\nt = 3', "relu",
        ("two-samples", "batch", "examples", "online"),
    ),
    Entry(
        "shared-bias", "Share a bias, or any weight, between units: use its name twice.",
        ("Its gradient is then the sum of what comes along each way.",),
        (), '[given]\nx = 2\n[parameters]\nw1 = 1\nw2 = -1\nb = 3\n[equations]\nz1 = "w1*x + b"\nz2 = "w2*x + b"\n'
        'L = "z1^2 + z2"', "", ("bias", "shared", "shared-weight"),
    ),
    Entry(
        "leaky-slope", "Say the slope of a leaky ReLU: its second argument.", ("Without one it is 0.01.",),
        (), '[given]\nx = -2\n[parameters]\nw = 3\na = 0.2\n[equations]\nz = "w*x"\nh = "leaky_relu(z, 0.1)"\n'
        'k = "leaky_relu(z, a)"\nL = "h + k"', "", ("leaky", "leaky-relu", "slope", "prelu"),
    ),
    Entry(
        "own-activation", "An activation of your own: write the formula.",
        ("In [network] it is a formula in z: activation = \"z*sigmoid(z)\".",
         'Each hidden layer has its own in a list: activation = ["relu", "tanh"].'),
        (), '[given]\nx = 2\n[parameters]\nw = 3\n[equations]\nz = "w*x"\nh = "z*sigmoid(z)"\nL = "(h - 1)^2"', "",
        ("activation", "swish", "own", "function", "each-layer"),
    ),
    Entry(
        "own-loss", "A loss of your own: the last equation is the loss, whatever it is.",
        ('In [network] it is a formula in y and t: loss = "(y - t)^4".',),
        (), '[given]\nx = 2\nt = 1\n[parameters]\nw = 3\n[equations]\ny = "w*x"\nL = "(y - t)^4 + 0.1*w^2"', "",
        ("loss", "penalty", "regularization"),
    ),
    Entry(
        "schedule", "A learning rate that changes: a schedule, a formula in t, which counts updates from 0.",
        ("lr in it is the learning_rate.",), (), '[training]\nsteps = 3\nschedule = "lr*0.5^t"', "relu",
        ("learning-rate", "decay"),
    ),
    Entry(
        "full", "Show the working of some gradients only; the others stand in a table.",
        ("On the command line: symnet worksheet FILE -o sheet.pdf --full w13 --full w35.",),
        (), '[[question]]\nask = "gradient"\nfull = ["w13", "w35"]', "relu", ("some-gradients", "in-full", "short-key"),
    ),
    Entry(
        "fade", "A sheet with the working on it, and blanks for its last steps, most of them, or all.",
        ("Every blank has a name that symnet check knows; they stand under the sheet.",),
        (), "symnet worksheet FILE -o sheet.pdf --key key.pdf --fade 1", "", ("faded", "blanks", "scaffold", "steps"),
    ),
    Entry(
        "self-study", "A page with the answers folded away, to learn from alone.",
        ("No other sheet for students holds answers, in any format.",),
        (), "symnet worksheet FILE -o page.html --self-study", "", ("fold", "folded", "answers"),
    ),
    Entry(
        "practice", "A page on which students type their numbers and are told which slip gives a wrong one.",
        ("One file, without a network: in Moodle as a file, on a web server, from a USB stick.",
         "symnet page --live -o FOLDER writes a site in which any exercise can be typed and solved."),
        (), "symnet page FILE -o page.html --salt SECRET", "", ("practise", "page", "explore", "browser", "live"),
    ),
    Entry(
        "decimals", "Numbers with two decimals: round every line, as with a calculator.",
        ("Without round, work is exact, and --digits says how many significant digits are printed.",),
        (), 'title = "Rounded"\nround = 2\n[given]\nx = 0.7\n[parameters]\nw = 0.3\n[equations]\n'
        'y = "sigmoid(w*x)"', "", ("rounding", "round", "two-decimals", "digits"),
    ),
    Entry(
        "letter-paper", "Letter paper in place of A4.", ("Or once, on the command line: --paper letter.",),
        (), '[sheet]\npaper = "letter"', "relu", ("letter", "paper", "a4", "us"),
    ),
    Entry(
        "two-columns", "A sheet of two columns.",
        ("Or once, on the command line: --columns 2. Smaller type: size = 10.",),
        (), "[sheet]\ncolumns = 2", "relu", ("columns", "size"),
    ),
    Entry(
        "no-figure", "A sheet without the picture of the network.", ("Or once, on the command line: --figure none.",),
        (), '[sheet]\nfigure = "none"', "relu", ("figure", "picture", "drawing"),
    ),
    Entry(
        "head", "The course, the date and what students fill in at the head of the sheet.", (),
        (), '[sheet]\ncourse = "Neural networks"\ninstitution = "A University"\ndate = "28 November"\n'
        'name = "Name, Matriculation number"', "relu", ("course", "date", "institution", "header", "logo"),
    ),
    Entry(
        "words", "A question in words of your own.", ("Formulas stand between dollars, in names of the exercise.",),
        (), '[[question]]\nask = "text"\ntext = "Why is $w_{13}$ changed more than $w_{23}$?"\npoints = 2', "relu",
        ("free-text", "question", "text"),
    ),
    Entry(
        "exam", "An exam of several exercises: name their files one after another.",
        ("It has one title and one numbering; --points table sums the points up, --key writes the key of them all.",),
        (), "symnet worksheet first.toml second.toml third.toml -o exam.pdf --key exam-key.pdf --title Exam "
        "--points table", "",
        ("several-exercises", "test"),
    ),
    Entry(
        "form", "Mark a class from the answers of a form: save them as a CSV.",
        ("One row a student: a column student, if need be a column variant with the code of the paper, and a column "
         "for each number, headed as in check: y5, grad(w35), w13.",),
        (), "symnet mark FILE answers.csv --key key.json -o marks.csv --plot class.png", "",
        ("class", "mark", "answers", "csv", "spreadsheet"),
    ),
    Entry(
        "same-papers", "The same papers again next year: the same file, names and --salt.",
        ("Numbers depend on the exercise, the student and the salt, and on nothing else. The key of old papers, "
         "key.json, marks them without the file's numbers.",),
        (), "symnet worksheet FILE -o sheet.pdf --key key.pdf --variants class.csv --salt SECRET", "",
        ("variants", "salt", "again", "next-year", "papers"),
    ),
    Entry(
        "variants", "Other numbers for each student: --variants, with a number or a list of names.",
        ("[vary] says what is drawn and what must come out nice.",),
        (), '[vary]\nvalues = { "*" = ["-4..-1", "1..4"] }\nrequire = ["no kink", "dead units = 1"]', "relu",
        ("vary", "numbers"),
    ),
    Entry(
        "momentum", "Another optimizer than gradient descent.", (),
        (), '[update]\noptimizer = "momentum"\ndecay = 0.5', "relu", ("optimizer", "adam"),
    ),
    Entry(
        "hint", "Help without telling the number.", ("Steps 0 to 4 say more and more, and never the right number.",),
        (), "symnet check FILE w13=5 --hint 1", "", ("hints",),
    ),
)  # fmt: skip
