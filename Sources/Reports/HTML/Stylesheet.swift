/// The one style sheet of a page: colours by role and method, light, dark and on paper.
enum Stylesheet {
  static let text: String = {
    let light = variables(Palette.light)
    let dark = variables(Palette.dark)
    return ":root{color-scheme:light dark;\(light)}"
      + "@media (prefers-color-scheme:dark){:root{\(dark)}}"
      + "@media print{:root{color-scheme:light;\(light)}}"
      + layout + marks + methodRules + heatmapRules + smallScreens + paper
  }()

  private struct Palette {
    /// In the order of `names`.
    var colours: [String]

    static let names = [
      "mb", "dr", "bk", "rb", "as", "sc", "ri", "re", "h0", "h1", "h2", "h3", "h4", "h5", "h6",
      "h7", "h8", "h9", "bg", "panel", "ink", "dim", "grid", "ax", "wait", "wbar",
    ]
    static let light = Palette(colours: [
      "#1C6BB9", "#00465A", "#5A6F7C", "#3E7A1C", "#BF3606", "#553300", "#7E1B61", "#3A2282",
      "#EAF1F8", "#CAD8ED", "#AEBFE1", "#96A5D4", "#838AC5", "#746FB2", "#66549D", "#593A85",
      "#4C206B", "#3D0250", "#FFFFFF", "#F2F5F8", "#131B25", "#55626F", "#E3E8ED", "#8A96A3",
      "#E1E8F0", "#A9B4BF",
    ])
    static let dark = Palette(colours: [
      "#8CC5FF", "#4AA7B3", "#BED0DF", "#7AC577", "#FA6947", "#FCCA91", "#E47DC5", "#A77AF1",
      "#242530", "#38364A", "#4E4763", "#67587D", "#836995", "#A17BAB", "#BF8EBF", "#DFA2D1",
      "#FEB6E2", "#FFCDF1", "#11161D", "#19202A", "#E8ECF1", "#A0ACB9", "#262F3A", "#66727F",
      "#28323E", "#5D6975",
    ])
  }

  private static func variables(_ palette: Palette) -> String {
    zip(Palette.names, palette.colours).map { "--\($0):\($1)" }.joined(separator: ";")
  }

  private static let layout = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,\
    "DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums;-webkit-print-color-adjust:exact;\
    print-color-adjust:exact}
    main{max-width:1192px;margin:0 auto;padding:0 16px 72px}
    .top{display:flex;flex-wrap:wrap;justify-content:space-between;gap:2px 24px;align-items:baseline;\
    padding:22px 0 14px;font-size:13px;color:var(--dim)}
    .top span:first-child{flex:none;max-width:60%}.top span+span{text-align:right}
    .top b{color:var(--ink);font-size:15px;letter-spacing:-.01em}
    .card{background:var(--panel);border-radius:6px;padding:28px 32px 24px;display:grid;\
    grid-template-columns:minmax(0,1fr) 520px;gap:20px 44px}
    .card h1{margin:0;font-size:31px;line-height:1.16;letter-spacing:-.022em;font-weight:650;\
    text-wrap:balance;overflow-wrap:anywhere}
    .card .all{grid-column:1/-1}
    .card h1.long{font-size:24px;line-height:1.25}
    .card h1 em{font-style:normal}
    .card .sub{margin:12px 0 0;font-size:16px;line-height:1.45;max-width:34em}
    .card dl{grid-column:1/-1;margin:6px 0 0;padding-top:16px;border-top:1px solid var(--grid);\
    display:grid;grid-template-columns:64px minmax(0,1fr);gap:7px 12px;font-size:14px}
    .card dt{font-weight:600}.card dd{margin:0;overflow-wrap:anywhere}
    nav{font-size:13px;color:var(--dim);padding:16px 0 2px;display:flex;flex-wrap:wrap;\
    gap:4px 15px}
    nav a{color:var(--dim);text-decoration:none;white-space:nowrap}
    nav a:hover,nav a:focus{color:var(--ink);text-decoration:underline}
    a:focus-visible{outline:2px solid var(--as)}
    section{display:grid;grid-template-columns:256px minmax(0,860px);gap:0 44px;\
    padding:34px 0 6px;margin-top:26px;border-top:1px solid var(--grid)}
    h2{font-size:18px;line-height:1.25;margin:0 0 8px;letter-spacing:-.012em;font-weight:650}
    .msg{margin:0 0 10px;line-height:1.45;overflow-wrap:anywhere}
    .note{margin:0 0 10px;font-size:12.5px;line-height:1.45;color:var(--dim);\
    overflow-wrap:anywhere}
    *+.cmd{margin-top:12px}
    .cmd{margin:0;font-size:11.5px;line-height:1.45;color:var(--dim)}.cmd a{color:inherit}
    .cmd code{font-size:11.5px;color:var(--dim);overflow-wrap:anywhere;display:block;\
    padding-left:1.2em;text-indent:-1.2em}.cmd code+code{margin-top:4px}
    .cmd span{white-space:nowrap}.fig .cmd{margin-top:14px}
    code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;\
    font-size:.9em}
    pre{white-space:pre-wrap;font-size:12px;background:var(--panel);padding:12px 14px;\
    border-radius:4px;overflow:auto;line-height:1.55;overflow-wrap:anywhere}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-size:13px}
    th,td{text-align:right;padding:6px 8px;vertical-align:middle;font-weight:400;\
    white-space:nowrap}
    thead th{color:var(--dim);font-size:11.5px;line-height:1.3;vertical-align:bottom;\
    border-bottom:1px solid var(--ax);padding-bottom:5px}
    tbody tr{border-bottom:1px solid var(--grid)}
    .l{text-align:left}.wrap{white-space:normal}
    th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
    tbody th{font-weight:550}
    td.plot{padding-top:0;padding-bottom:0}
    tr.rec{background:var(--panel)}tr.rec th,tr.rec td{font-weight:650}
    .iv{display:block;font-size:11px;color:var(--dim);font-weight:400;line-height:1.1}
    .sw{display:inline-block;width:9px;height:9px;margin-right:7px}.sw.rd{border-radius:50%}
    table.pol th:first-child{padding-left:8px}
    table.pol td:last-child,table.pol th:last-child{padding-right:8px}
    table.plain td{white-space:normal;vertical-align:top;line-height:1.4;overflow-wrap:anywhere}
    table.plain td.l:first-child,table.plain th.l:first-child{min-width:110px}
    .scroll+.scroll,dl+table{margin-top:26px}
    sub{font-size:.75em;line-height:0}
    th .iv.nm{margin:3px 0 0 16px}
    td.plot svg,th svg{max-width:none}
    caption{text-align:left;font-size:12px;font-weight:650;padding-bottom:6px}
    .def{display:grid;grid-template-columns:150px minmax(0,1fr);gap:8px 12px;margin:0 0 14px;\
    font-size:13.5px}
    .def dt{font-weight:600}.def dd{margin:0}

    """

  private static let marks = """
    svg{display:block;max-width:100%;height:auto}svg text{font-size:12px;fill:var(--ink)}
    svg .tick{fill:var(--dim);font-size:11.5px}svg text.dim{fill:var(--dim)}
    svg .strong{font-weight:650}
    svg .big{font-size:19px;font-weight:650;letter-spacing:-.02em}
    .grid{stroke:var(--grid);stroke-width:1;fill:none}.ax{stroke:var(--ax);fill:none}
    .ref{stroke:var(--ink);stroke-width:1;fill:none}
    .ref2{stroke:var(--dim);stroke-width:1;stroke-dasharray:2 3;fill:none}
    svg .reft{font-size:11.5px;font-weight:600}svg .reft2{font-size:11.5px;fill:var(--dim)}
    .wbar{fill:var(--wbar)}.wbar.slow{fill:var(--dim)}
    .wh{stroke:var(--ink);stroke-width:1.2;fill:none}
    .med{stroke:var(--bg);stroke-width:2;fill:none}.wait{fill:var(--wait)}
    .ln{fill:none;stroke-width:1.9;stroke-linejoin:round}.ln.dashed{stroke-dasharray:6 3}
    .ln.bound{stroke-width:1.3;stroke-dasharray:1.5 3}
    .thin{fill:none;stroke-width:1;opacity:.55}.band{opacity:.16}
    .drop{fill:none;stroke-width:1.2;stroke-dasharray:2 2}.pt{stroke:var(--bg);stroke-width:1}
    .ring{fill:none;stroke-width:1.4}
    .sync{stroke:var(--ink);stroke-width:1;fill:none}
    .call{stroke:var(--ink);stroke-width:1.2;fill:none}.hl{fill:var(--ink)}.bnd{fill:var(--dim)}
    .halo{paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}

    """

  /// `in` is ink, the colour of methods that have none of their own yet.
  private static let methodRules: String = {
    let keys = ["mb", "dr", "bk", "rb", "as", "sc", "ri", "re", "in"]
    return keys.map { key in
      let colour = key == "in" ? "var(--ink)" : "var(--\(key))"
      return ".\(key){color:\(colour)}svg text.\(key),.f.\(key),.pt.\(key),.band.\(key)"
        + "{fill:\(colour)}.\(key)s{stroke:\(colour)}.\(key)b{background:\(colour)}"
        + ".hatch.\(key){fill:\(colour);fill-opacity:.22;stroke:\(colour);stroke-width:1;"
        + "stroke-dasharray:2 2}"
    }.joined(separator: "\n") + "\n"
  }()

  private static let heatmapRules =
    (0..<10).map { ".h\($0){fill:var(--h\($0))}.m\($0){stroke:var(--h\($0))}" }.joined()
    + ".widerow{stroke-width:20}.thinrow{stroke-width:12}\n"

  private static let smallScreens = """
    @media (max-width:1180px){section{grid-template-columns:minmax(0,1fr);gap:14px}\
    section .cmd{margin-bottom:8px}.cmd span{white-space:normal}\
    .top{flex-wrap:wrap}.top span:first-child{max-width:100%}.top span+span{text-align:left}}
    @media (max-width:1080px){.card{grid-template-columns:minmax(0,1fr);gap:14px;padding:20px}\
    svg{max-width:none}.card h1{font-size:25px}}

    """

  /// Line plots are lower on paper than on a screen: two of them share a page, or one stands below what
  /// comes before it, where the tall ones left half a page empty. A table never leaves its head or one
  /// row alone.
  private static let paper = """
    @media print{@page{size:A4;margin:14mm}body{font-size:10.5pt}nav{display:none}\
    main{padding:0}section{display:block;\
    padding-top:14px;margin-top:14px}section header{break-inside:avoid;break-after:avoid}\
    svg,tr,pre{break-inside:avoid}.fig{margin-top:8px}.card{break-inside:avoid;grid-template-columns:1fr 1.15fr;padding:14px;\
    gap:8px 18px}.card h1{font-size:16pt}.card .sub{font-size:9.5pt;margin-top:6px}\
    .card dl{font-size:9pt;padding-top:9px;gap:3px 8px}.top{padding:0 0 8px}\
    .msg{margin-bottom:4px}.note,.cmd{margin-bottom:4px;font-size:8.5pt}*+.cmd{margin-top:4px}\
    table.pol td.plot{line-height:0}svg{max-width:100%}.scroll{overflow:visible}\
    table{font-size:7.5pt}th,td{padding:2px 3px}table.pol{font-size:7pt}table.pol th,table.pol td{padding:2px}\
    table.pol th:first-child{padding-left:0}table.pol td:last-child,table.pol th:last-child{padding-right:2px}\
    thead th,.iv{font-size:7pt}td.plot svg,th svg{width:80px;height:auto}\
    #loss-time .scroll>svg,#loss-gradients .scroll>svg,#stepsizes .scroll>svg,#assumptions .scroll>svg\
    {height:64mm;width:auto}.cmd code{break-inside:avoid}caption,thead{break-after:avoid}\
    tbody tr:first-child,tbody tr:nth-child(2),tbody tr:last-child{break-before:avoid}}

    """
}
