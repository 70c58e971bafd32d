/* The same firewall for iptables-restore and ip6tables-restore. */
#ifndef RENDER_IPTABLES_H
#define RENDER_IPTABLES_H

#include "render/template.h"

extern const struct hole iptables_v4_holes[]; /* templates/linux/rules.v4 */
extern const struct hole iptables_v6_holes[]; /* templates/linux/rules.v6 */

#endif
