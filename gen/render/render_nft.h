/* The firewall of nftables: names, and values printed from binary. No text reaches it. */
#ifndef RENDER_NFT_H
#define RENDER_NFT_H

#include "render/template.h"

extern const struct hole nft_holes[]; /* templates/linux/rules.nft */

#endif
