/// Command lines that fail, one for every `Failure` that is worded outside of the layers' errors.
///
/// They run in a folder of ``Shell`` with two small tables, `a.csv` and `b.csv`.
enum FailureCommands {
  static let preparation = """
    printf 'worker,duration_ms\\na,3\\na,4\\nb,5\\nb,7\\n' > a.csv
    printf 'worker,duration_ms\\na,5\\na,4\\nb,5\\nb,6\\n' > b.csv
    printf '{"worker":"a\\\\r\\\\nb","duration_ms":1}\\n' > line-end.ndjson
    printf '1\\nx\\n' > start.txt
    mkdir out.json
    """

  static let paths = [
    "outpace import nowhere.csv",
    "outpace inspect nowhere",
    "outpace inspect a.csv -o nowhere/a.json",
    "outpace inspect a.csv -o out.json",
    // With what is added while it is written, longer than the 255 bytes that a name may have.
    "outpace inspect a.csv -o $(printf %0249d 0).json",
    "outpace export a.csv --to csv -o /dev/full",
    "outpace replay a.csv --initial nowhere.txt",
    "outpace replay a.csv --initial start.txt",
    "outpace export line-end.ndjson -o lines.csv",
  ]

  static let reading = [
    "outpace inspect a.csv --skip -1",
    "outpace inspect a.csv --steps 5",
    "outpace inspect a.csv --format excel",
    "outpace inspect a.csv --resume",
    "outpace import a.csv --db store.db --threads 0",
  ]

  static let output = [
    "outpace inspect a.csv -o a.doc",
    "outpace inspect a.csv -o a.html",
    "outpace inspect a.csv --json --csv",
    "outpace compare a.csv b.csv --csv",
    "outpace report a.csv -o a.txt",
    "outpace report a.csv b.csv -o a.html",
    "outpace report a.csv b.csv -o nowhere/pages/",
    "outpace export a.csv -o a.txt",
    "outpace export a.csv --json",
    "outpace export a.csv --to native",
    "outpace export a.csv --method async -o a.csv.ndjson",
    "outpace export a.csv --time 3s -o a.json.gz",
    "outpace export a.csv --window 3s -o a.json.gz",
    "outpace export a.csv --window 3s..2s -o a.json.gz",
    "outpace export a.csv --method picky:distance=1 --time 1s -o a.json.gz",
    "outpace explain -o terms.csv",
    "outpace explain formulae",
  ]

  static let replaying = [
    "outpace replay a.csv --method adam",
    "outpace replay a.csv --method async:need=3",
    "outpace replay a.csv --method async:rule=drop,rule=drop",
    "outpace replay a.csv --method async:rule",
    "outpace replay a.csv --method async:rule=odd",
    "outpace replay a.csv --method async --need 3",
    "outpace replay a.csv --method backup",
    "outpace replay a.csv --method backup:need=x",
    "outpace replay a.csv --method rennala:collect=2,abort=maybe",
    "outpace replay a.csv --method async:adaptive-constant=-1",
    "outpace replay a.csv --stepsize fast",
    "outpace replay a.csv --method async --stepsize theory --objective hinge:gaussian:n=64,d=4",
    "outpace replay a.csv --method ringmaster:delay-limit=2 --stepsize theory",
    "outpace replay a.csv --method local:local-steps=2 --virtual",
    "outpace replay a.csv --updates 0",
    "outpace replay a.csv --time 90",
    "outpace replay a.csv --time .5s",
    "outpace replay a.csv --time 1.s",
    "outpace replay a.csv --time 9999999h",
    "outpace replay a.csv --timing never",
    "outpace replay a.csv --turnaround soon",
    "outpace replay a.csv --history history.txt --method async",
    "outpace replay a.csv --history history.csv",
    "outpace replay a.csv --check 3f0c",
    "outpace replay a.csv --check 3f0c --method async --stepsize 0.1 --updates 9",
    "outpace compare a.csv --noise-scale -1",
  ]

  static let generating = [
    "outpace generate equal --json",
    "outpace generate equal --workers 0",
    "outpace generate equal --workers 1000000 --gradients 1000",
    "outpace generate equal --mean 0ns",
    "outpace generate equal --mean 1000000h --gradients 2000",
    "outpace generate equal --shape 3",
    "outpace generate heavy-tail --shape -1",
  ]

  static let recording = [
    "outpace record --method minibatch:stepsize=theory",
    "outpace record --objective hinge:gaussian:n=64,d=4",
    "outpace record --slow 1=fast",
    "outpace record --slow 1=4x --slow 1=5x",
    "outpace record --updates 0",
    "outpace replay a.csv --order recorded",
    "outpace replay a.csv --order reversed",
    "outpace replay a.csv --order recorded --timing clock",
    "outpace generate equal --workers 3 -o three.csv; outpace forecast a.csv three.csv",
    "outpace forecast a.csv b.csv -o out.csv",
    "outpace report a.csv --forecast-method async",
    "outpace report a.csv b.csv --forecast a.csv -o .",
    "outpace forecast a.csv b.csv --join",
    "outpace verify --db store.db -o out.csv",
  ]

  static let repairing = [
    "outpace blame a.csv --by rack",
    "outpace replay a.csv --method async --stepsize 0.1 --updates 9 --ledger",
    "outpace replay a.csv --method clipped",
    "outpace replay a.csv --method momentum:beta=x",
    "outpace replay a.csv --method momentum --virtual",
    "outpace compare a.csv --trace-bootstrap 5",
    "outpace compare a.csv --seeds 5",
    "outpace compare a.csv --objective logistic:gaussian:n=64,d=4 --trace-bootstrap 20",
    "outpace whatif a.csv faster",
    "outpace whatif a.csv drop:c",
    "outpace whatif a.csv scale:a=0",
    "outpace whatif a.csv add:4",
    "outpace whatif a.csv add:1@p101",
    "outpace whatif a.csv fail:b@9s",
    "outpace whatif a.csv fail:b@9s..10s",
    "outpace whatif a.csv workers:0x",
    "outpace whatif a.csv drop:a -o a.csv.csv",
    "outpace gate a.csv",
    "outpace gate a.csv --max workers.p99_seconds",
    "outpace gate a.csv --max workers.p99_seconds=fast",
    "outpace gate a.csv --max workers.p99_second=1",
    "outpace gate a.csv --max workers.p99_seconds=1 -o a.csv.csv",
  ]
}
