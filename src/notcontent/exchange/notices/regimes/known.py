"""The laws that this version knows, by their keys."""

from __future__ import annotations

from notcontent.exchange.notices.regimes import china, eu_dsa_16, korea, uk_online_safety, us_take_it_down
from notcontent.exchange.notices.regimes.contract import Regime

REGIMES: dict[str, Regime] = {
    regime.key: regime
    for regime in (us_take_it_down.REGIME, uk_online_safety.REGIME, eu_dsa_16.REGIME, korea.REGIME, china.REGIME)
}
