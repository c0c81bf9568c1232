//! The names of HTML's character references for ASCII punctuation and Latin-1 (the HTML standard, section 13.5).

/// The length of the longest name.
pub(super) const MAX_NAME: usize = 16;

/// Returns the code of the character that `name` refers to.
pub(super) fn code(name: &[u8]) -> Option<u32> {
    let index = NAMES.binary_search_by(|(known, _)| known.as_bytes().cmp(name)).ok()?;
    NAMES.get(index).map(|(_, code)| u32::from(*code))
}

/// The names, sorted.
#[rustfmt::skip]
const NAMES: [(&str, u8); 158] = [
    ("AElig", 198), ("AMP", 38), ("Aacute", 193), ("Acirc", 194), ("Agrave", 192), ("Aring", 197),
    ("Atilde", 195), ("Auml", 196), ("COPY", 169), ("Ccedil", 199), ("Cedilla", 184),
    ("CenterDot", 183), ("DiacriticalAcute", 180), ("DiacriticalGrave", 96), ("Dot", 168),
    ("DoubleDot", 168), ("ETH", 208), ("Eacute", 201), ("Ecirc", 202), ("Egrave", 200),
    ("Euml", 203), ("GT", 62), ("Hat", 94), ("Iacute", 205), ("Icirc", 206), ("Igrave", 204),
    ("Iuml", 207), ("LT", 60), ("NewLine", 10), ("NonBreakingSpace", 160), ("Ntilde", 209),
    ("Oacute", 211), ("Ocirc", 212), ("Ograve", 210), ("Oslash", 216), ("Otilde", 213),
    ("Ouml", 214), ("PlusMinus", 177), ("QUOT", 34), ("REG", 174), ("THORN", 222), ("Tab", 9),
    ("Uacute", 218), ("Ucirc", 219), ("Ugrave", 217), ("UnderBar", 95), ("Uuml", 220),
    ("VerticalLine", 124), ("Yacute", 221), ("aacute", 225), ("acirc", 226), ("acute", 180),
    ("aelig", 230), ("agrave", 224), ("amp", 38), ("angst", 197), ("apos", 39), ("aring", 229),
    ("ast", 42), ("atilde", 227), ("auml", 228), ("brvbar", 166), ("bsol", 92), ("ccedil", 231),
    ("cedil", 184), ("cent", 162), ("centerdot", 183), ("circledR", 174), ("colon", 58),
    ("comma", 44), ("commat", 64), ("copy", 169), ("curren", 164), ("deg", 176), ("die", 168),
    ("div", 247), ("divide", 247), ("dollar", 36), ("eacute", 233), ("ecirc", 234), ("egrave", 232),
    ("equals", 61), ("eth", 240), ("euml", 235), ("excl", 33), ("frac12", 189), ("frac14", 188),
    ("frac34", 190), ("grave", 96), ("gt", 62), ("half", 189), ("iacute", 237), ("icirc", 238),
    ("iexcl", 161), ("igrave", 236), ("iquest", 191), ("iuml", 239), ("laquo", 171),
    ("lbrace", 123), ("lbrack", 91), ("lcub", 123), ("lowbar", 95), ("lpar", 40), ("lsqb", 91),
    ("lt", 60), ("macr", 175), ("micro", 181), ("midast", 42), ("middot", 183), ("nbsp", 160),
    ("not", 172), ("ntilde", 241), ("num", 35), ("oacute", 243), ("ocirc", 244), ("ograve", 242),
    ("ordf", 170), ("ordm", 186), ("oslash", 248), ("otilde", 245), ("ouml", 246), ("para", 182),
    ("percnt", 37), ("period", 46), ("plus", 43), ("plusmn", 177), ("pm", 177), ("pound", 163),
    ("quest", 63), ("quot", 34), ("raquo", 187), ("rbrace", 125), ("rbrack", 93), ("rcub", 125),
    ("reg", 174), ("rpar", 41), ("rsqb", 93), ("sect", 167), ("semi", 59), ("shy", 173),
    ("sol", 47), ("strns", 175), ("sup1", 185), ("sup2", 178), ("sup3", 179), ("szlig", 223),
    ("thorn", 254), ("times", 215), ("uacute", 250), ("ucirc", 251), ("ugrave", 249), ("uml", 168),
    ("uuml", 252), ("verbar", 124), ("vert", 124), ("yacute", 253), ("yen", 165), ("yuml", 255),
];
