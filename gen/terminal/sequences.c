#include "terminal/sequences.h"

#include <string.h>

#define ECMA "ECMA-48"
#define XTERM "xterm ctlseqs"
#define VT "DEC STD 070"
#define LINUX "console_codes(4)"
#define KITTY "kitty keyboard protocol"

#define C A_CONTROL
#define U A_CHARACTER
#define E AN_ESCAPE
#define S A_SEQUENCE
#define M A_MODE
#define O A_COMMAND
#define X A_STRING
#define ESC "\033"
#define CSI "\033["
#define ST "\033\\"

/* clang-format off */
const struct sequence sequences[] = {
    {C, "\a", SHOWN, 0, 0, "\a", "BEL: the bell", ECMA},
    {C, "\b", SHOWN, 0, 0, "\b", "BS: one to the left", ECMA},
    {C, "\t", SHOWN, 0, 0, "\t", "HT: to the next tab", ECMA},
    {C, "\n", SHOWN, 0, 0, "\n", "LF: a line down", ECMA},
    {C, "\v", SHOWN, 0, 0, "\v", "VT: a line down", ECMA},
    {C, "\f", SHOWN, 0, 0, "\f", "FF: a line down", ECMA},
    {C, "\r", SHOWN, 0, 0, "\r", "CR: to the first column", ECMA},
    {C, "\016", CHARSET, 0, 0, "\016", "SO: characters of G1", ECMA},
    {C, "\017", CHARSET, 0, 0, "\017", "SI: characters of G0", ECMA},
    {C, "\005", DROPPED, 0, 0, "\005", "ENQ: the terminal would type its answerback", ECMA},
    {U, "C1", DROPPED, 0, 0, "\302\233", "U+0080 to U+009F: terminals take them for ESC [ and its like", ECMA},
    {U, "bidi", DROPPED, 0, 0, "\342\200\256", "U+202A to U+202E, U+2066 to U+2069: what stands there would be seen in another order", "CVE-2021-42574"},
    {U, "tags", DROPPED, 0, 0, "\363\240\201\201", "U+E0000 to U+E007F: text that nobody sees, and copying takes along", "Unicode 16, 23.9"},

    {E, "7", SHOWN, 0, 0, ESC "7", "DECSC: keep the cursor", VT},
    {E, "8", SHOWN, 0, 0, ESC "8", "DECRC: back to it", VT},
    {E, "=", KEYPAD, 0, 0, ESC "=", "DECKPAM: the keypad's own keys", VT},
    {E, ">", KEYPAD, 0, 0, ESC ">", "DECKPNM: its digits", VT},
    {E, "D", SHOWN, 0, 0, ESC "D", "IND: a line down", ECMA},
    {E, "E", SHOWN, 0, 0, ESC "E", "NEL: to the next line", ECMA},
    {E, "M", SHOWN, 0, 0, ESC "M", "RI: a line up", ECMA},
    {E, "H", SHOWN, 0, 0, ESC "H", "HTS: a tab here", ECMA},
    {E, "c", SHOWN, 0, 0, ESC "c", "RIS: everything anew", ECMA},
    {E, "(0", CHARSET, 0, 0, ESC "(0", "G0: lines", VT},
    {E, "(A", CHARSET, 0, 0, ESC "(A", "G0: British", VT},
    {E, "(B", CHARSET, 0, 0, ESC "(B", "G0: ASCII", VT},
    {E, ")0", CHARSET, 0, 0, ESC ")0", "G1: lines", VT},
    {E, ")A", CHARSET, 0, 0, ESC ")A", "G1: British", VT},
    {E, ")B", CHARSET, 0, 0, ESC ")B", "G1: ASCII", VT},
    {E, "Z", DROPPED, 0, 0, ESC "Z", "DECID: it would type what it is", VT},
    {E, "%@", DROPPED, 0, 0, ESC "%@", "no more UTF-8: bytes would be controls", LINUX},
    {E, " G", DROPPED, 0, 0, ESC " G", "S8C1T: its answers would be others", VT},

    {S, "@", SHOWN, 1, 0, CSI "2@", "ICH: insert blanks", ECMA},
    {S, "A", SHOWN, 1, 0, CSI "2A", "CUU: up", ECMA},
    {S, "B", SHOWN, 1, 0, CSI "2B", "CUD: down", ECMA},
    {S, "C", SHOWN, 1, 0, CSI "2C", "CUF: right", ECMA},
    {S, "D", SHOWN, 1, 0, CSI "2D", "CUB: left", ECMA},
    {S, "E", SHOWN, 1, 0, CSI "2E", "CNL: lines down", ECMA},
    {S, "F", SHOWN, 1, 0, CSI "2F", "CPL: lines up", ECMA},
    {S, "G", SHOWN, 1, 0, CSI "2G", "CHA: a column", ECMA},
    {S, "H", SHOWN, 2, 0, CSI "2;3H", "CUP: a place", ECMA},
    {S, "I", SHOWN, 1, 0, CSI "2I", "CHT: tabs on", ECMA},
    {S, "J", SHOWN, 1, 0, CSI "2J", "ED: erase the screen, and what was scrolled away", XTERM},
    {S, "K", SHOWN, 1, 0, CSI "1K", "EL: erase the line", ECMA},
    {S, "L", SHOWN, 1, 0, CSI "2L", "IL: insert lines", ECMA},
    {S, "M", SHOWN, 1, 0, CSI "2M", "DL: take lines out", ECMA},
    {S, "P", SHOWN, 1, 0, CSI "2P", "DCH: take characters out", ECMA},
    {S, "S", SHOWN, 1, 0, CSI "2S", "SU: scroll up", ECMA},
    {S, "T", SHOWN, 1, 0, CSI "2T", "SD: scroll down", ECMA},
    {S, "X", SHOWN, 1, 0, CSI "2X", "ECH: erase characters", ECMA},
    {S, "Z", SHOWN, 1, 0, CSI "2Z", "CBT: tabs back", ECMA},
    {S, "`", SHOWN, 1, 0, CSI "2`", "HPA: a column", ECMA},
    {S, "a", SHOWN, 1, 0, CSI "2a", "HPR: right", ECMA},
    {S, "b", SHOWN, 1, 0, CSI "2b", "REP: the last character again", ECMA},
    {S, "d", SHOWN, 1, 0, CSI "2d", "VPA: a row", ECMA},
    {S, "e", SHOWN, 1, 0, CSI "2e", "VPR: down", ECMA},
    {S, "f", SHOWN, 2, 0, CSI "2;3f", "HVP: a place", ECMA},
    {S, "g", SHOWN, 1, 0, CSI "3g", "TBC: no tabs", ECMA},
    {S, "h", INSERTS, 1, 0, CSI "4h", "SM, of which only 4 (IRM): characters push others on", ECMA},
    {S, "l", INSERTS, 1, 0, CSI "4l", "RM, of which only 4 (IRM)", ECMA},
    {S, "m", COLOURS, 32, 0, CSI "1;4:3;38;2;1;2;3m", "SGR: colours", ECMA},
    {S, "r", REGION, 2, 0, CSI "2;9r", "DECSTBM: which rows scroll", VT},
    {S, "s", SHOWN, 0, 0, CSI "s", "SCOSC: keep the cursor", XTERM},
    {S, "u", SHOWN, 0, 0, CSI "u", "SCORC: back to it", XTERM},
    {S, "!p", SHOWN, 0, 0, CSI "!p", "DECSTR: settings anew", VT},
    {S, " q", CURSOR_SHAPE, 1, 0, CSI "5 q", "DECSCUSR: the cursor's shape", VT},
    {S, ">m", OTHER_KEYS, 2, 0, CSI ">4;1m", "XTMODKEYS, of which only 4: keys that have no code", XTERM},
    {S, ">u", KEYS_PUSHED, 1, 0, CSI ">1u", "keys told apart", KITTY},
    {S, "<u", KEYS_POPPED, 1, 0, CSI ">1u" CSI "<1u", "as before", KITTY},
    {S, "=u", KEYS_SET, 2, 0, CSI "=1;1u", "keys told apart, at once", KITTY},
    {S, "?h", MODES, 16, 0, CSI "?25h", "DECSET: modes, below", XTERM},
    {S, "?l", MODES, 16, 0, CSI "?1004l", "DECRST", XTERM},
    {S, "t", TITLE_STACK, 2, 0, CSI "22;2t", "XTWINOPS, of which only 22 and 23: keep the title, and back to it", XTERM},
    {S, "c", ASKED, 1, 0, CSI "c", "DA1: what it is; the answer is ours", ECMA},
    {S, ">c", ASKED, 1, 0, CSI ">c", "DA2: of which version; the answer is ours", VT},
    {S, "n", ASKED, 1, 0, CSI "6n", "DSR, of which only 5 and 6: whether it works, where the cursor is", ECMA},
    {S, "?u", ASKED, 0, 0, CSI "?u", "whether it tells keys apart", KITTY},
    {S, "?$p", ASKED_MODE, 1, 0, CSI "?2026$p", "DECRQM: whether it has a mode of those below", VT},
    {S, ">q", DROPPED, 1, 0, CSI ">q", "XTVERSION: it would type its name", XTERM},
    {S, "=c", DROPPED, 1, 0, CSI "=c", "DA3: it would type its number", VT},
    {S, "*y", DROPPED, 6, 0, CSI "1;1;1;1;9;9*y", "DECRQCRA: it would type sums of what is on the screen", VT},
    {S, "i", DROPPED, 1, 0, CSI "5i", "MC: what follows would go to a printer", ECMA},
    {S, "x", DROPPED, 1, 0, CSI "x", "DECREQTPARM: it would type its settings", VT},
    {S, "?n", DROPPED, 1, 0, CSI "?6n", "DSR of DEC's: it would type more of them", VT},
    {S, "?s", DROPPED, 1, 0, CSI "?1s", "XTSAVE: what we put back would not be known", XTERM},
    {S, "?r", DROPPED, 1, 0, CSI "?1r", "XTRESTORE", XTERM},

    {M, "1", MODES, 0, 'l', CSI "?1h", "DECCKM: cursor keys of programs", VT},
    {M, "5", MODES, 0, 'l', CSI "?5h", "DECSCNM: dark on light", VT},
    {M, "6", MODES, 0, 'l', CSI "?6h", "DECOM: places count from the region", VT},
    {M, "7", MODES, 0, 'h', CSI "?7l", "DECAWM: lines go on in the next", VT},
    {M, "9", MODES, 0, 'l', CSI "?9h", "presses of the mouse", XTERM},
    {M, "12", MODES, 0, 'l', CSI "?12h", "the cursor blinks", XTERM},
    {M, "25", MODES, 0, 'h', CSI "?25l", "DECTCEM: the cursor is seen", VT},
    {M, "66", MODES, 0, 'l', CSI "?66h", "DECNKM: the keypad's own keys", VT},
    {M, "1000", MODES, 0, 'l', CSI "?1000h", "the mouse's buttons", XTERM},
    {M, "1002", MODES, 0, 'l', CSI "?1002h", "the mouse while a button is held", XTERM},
    {M, "1003", MODES, 0, 'l', CSI "?1003h", "the mouse always", XTERM},
    {M, "1004", MODES, 0, 'l', CSI "?1004h", "whether the window has the keyboard", XTERM},
    {M, "1005", MODES, 0, 'l', CSI "?1005h", "the mouse's places in UTF-8", XTERM},
    {M, "1006", MODES, 0, 'l', CSI "?1006h", "the mouse's places in digits", XTERM},
    {M, "1007", MODES, 0, 0, CSI "?1007h", "the wheel types arrows in the other screen", XTERM},
    {M, "1015", MODES, 0, 'l', CSI "?1015h", "the mouse's places in digits, as urxvt has them", XTERM},
    {M, "1016", MODES, 0, 'l', CSI "?1016h", "the mouse's places in pixels", XTERM},
    {M, "2004", MODES, 0, 'l', CSI "?2004h", "what is pasted is marked", XTERM},
    {M, "2026", MODES, 0, 'l', CSI "?2026h", "what is drawn is seen at once", "synchronized output"},
    {M, "2027", MODES, 0, 'l', CSI "?2027h", "how wide a cluster of characters is", "terminal-unicode-core"},
    {M, "47", MODES, 0, 'l', CSI "?47h", "the other screen", XTERM},
    {M, "1047", MODES, 0, 'l', CSI "?1047h", "the other screen", XTERM},
    {M, "1048", MODES, 0, 0, CSI "?1048h", "keep the cursor, and back to it", XTERM},
    {M, "1049", MODES, 0, 'l', CSI "?1049h", "the other screen, empty", XTERM},
    {M, "3", DROPPED, 0, 0, CSI "?3h", "DECCOLM: another width of the window", VT},
    {M, "2031", DROPPED, 0, 0, CSI "?2031h", "it would type when its colours change", "contour"},
    {M, "2048", DROPPED, 0, 0, CSI "?2048h", "it would type its size", "in-band resize"},

    {O, "0", TITLE, 0, 0, ESC "]0;a title\a", "the window's title", XTERM},
    {O, "1", TITLE, 0, 0, ESC "]1;a title\a", "its icon's", XTERM},
    {O, "2", TITLE, 0, 0, ESC "]2;a title\a", "the window's title", XTERM},
    {O, "8", LINK, 0, 0, ESC "]8;;https://example.com/\a", "links, to http and https alone", "Hyperlinks in terminal emulators"},
    {O, "10", ASKED_COLOUR, 0, 0, ESC "]10;?\a", "which colour text has; nothing sets it", XTERM},
    {O, "11", ASKED_COLOUR, 0, 0, ESC "]11;?\a", "which colour is behind it", XTERM},
    {O, "12", ASKED_COLOUR, 0, 0, ESC "]12;?\a", "which colour the cursor has", XTERM},
    {O, "52", CLIPBOARD, 0, 0, ESC "]52;c;aGk=\a", "the clipboard: written where the spec says so, never read", XTERM},
    {O, "4", DROPPED, 0, 0, ESC "]4;1;?\a", "colours by number: text could become unseen, and it would type them", XTERM},
    {O, "7", DROPPED, 0, 0, ESC "]7;file://host/tmp\a", "where new windows would open", "VTE"},
    {O, "9", NOTICED, 0, 0, ESC "]9;done\a", "a notice on the desktop", "iTerm2"},
    {O, "50", DROPPED, 0, 0, ESC "]50;?\a", "the font: it would type its name", XTERM},
    {O, "99", NOTICED, 0, 0, ESC "]99;;done\a", "a notice on the desktop", "kitty"},
    {O, "104", DROPPED, 0, 0, ESC "]104\a", "colours by number, as they were", XTERM},
    {O, "777", NOTICED, 0, 0, ESC "]777;notify;a;done\a", "a notice on the desktop", "urxvt"},
    {O, "1337", DROPPED, 0, 0, ESC "]1337;File=:aGk=\a", "files, and much else", "iTerm2"},
    {O, "P", DROPPED, 0, 0, ESC "]P1ff0000", "a colour by number", LINUX},
    {O, "R", DROPPED, 0, 0, ESC "]R", "colours by number, as they were", LINUX},

    {X, "P", DROPPED, 0, 0, ESC "P$qm" ST, "DCS: DECRQSS types settings, others draw and define", VT},
    {X, "X", DROPPED, 0, 0, ESC "X hidden" ST, "SOS", ECMA},
    {X, "^", DROPPED, 0, 0, ESC "^ hidden" ST, "PM", ECMA},
    {X, "_", DROPPED, 0, 0, ESC "_Ga=q;AA==" ST, "APC: pictures, from files too", "kitty"},
    {X, "k", DROPPED, 0, 0, ESC "ktitle" ST, "screen's title", "screen(1)"},
};
/* clang-format on */

const size_t sequences_count = sizeof sequences / sizeof *sequences;

const struct sequence *sequence_of(enum kind kind, const char *key) {
    for (size_t i = 0; i < sequences_count; i++)
        if (sequences[i].kind == kind && !strcmp(sequences[i].key, key))
            return &sequences[i];
    return NULL;
}
