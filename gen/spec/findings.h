/* What lint finds and a spec may accept, each a row here and nowhere else. A caller says what it
 * makes of a row: ROW(id, word). id is FINDING_id of enum finding; word stands in the spec, and in
 * what is printed. */
#ifndef FINDINGS_H
#define FINDINGS_H

#define FINDINGS(ROW)                                                                              \
    ROW(NEVER_MATCHES, "never-matches")                                                            \
    ROW(SHADOWED, "shadowed")                                                                      \
    ROW(DENIES_NOTHING, "denies-nothing")                                                          \
    ROW(EXPIRES_SOON, "expires-soon")                                                              \
    ROW(USER_CONTENT, "user-content")                                                              \
    ROW(WAY_OUT, "way-out")                                                                        \
    ROW(ANY_TOOL, "any-tool")                                                                      \
    ROW(RELAXES_NOTHING, "relaxes-nothing")                                                        \
    ROW(UNUSED_CREDENTIAL, "unused-credential")                                                    \
    ROW(UNUSED_LOGIN, "unused-login")                                                              \
    ROW(NEVER_USED, "never-used")                                                                  \
    ROW(WIDER_THAN_USE, "wider-than-use")

#endif
