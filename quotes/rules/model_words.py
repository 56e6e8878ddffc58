"""Charge models explained to whoever enters a price, and how their tiers are typed."""

from q2c.kernel.rating import ChargeModel

EXPLAINED = {
    ChargeModel.FLAT: "One amount a period, whatever the quantity.",
    ChargeModel.PER_UNIT: "Every unit costs the same.",
    ChargeModel.GRADUATED: "Each band of quantity has its own price: the first units stay dear.",
    ChargeModel.VOLUME: "The quantity reached sets the price of all units.",
    ChargeModel.STAIRSTEP: "The quantity reached sets one fee for everything.",
    ChargeModel.PACKAGE: (
        "Sold in packages: each one begun costs whole, or each full one and what is left over by the "
        "unit. Some units may be free. Of a product that goes by usage, charged once, it sells prepaid "
        "credits: the quantity is their number."
    ),
    ChargeModel.COMMITMENT: "A fee each period covers a quantity, used or not; more is extra.",
    ChargeModel.CREDITS: "Credits come with each period, free or paid; what exceeds them is extra.",
    ChargeModel.PERCENT_OF: (
        "A percentage of what other lines of the quote cost, after discounts or before: of the other "
        "options in its bundle, else of all other lines; of those charged as often, once, or of all "
        "that recurs."
    ),
}
TYPED = {
    ChargeModel.GRADUATED: (
        "A line each: “25: 14” (the first 25 at 14 each), “100: 12 + 5” (a fee of 5 for the band), "
        "at last “more: 9.50”. A line may name its start: “26-100: 12”, or sell packages: “100: 5 per 10”."
    ),
    ChargeModel.VOLUME: (
        "A line each: “25: 14”, “100: 12 + 5” (and a fee of 5), at last “more: 9.50”. A line may "
        "name its start: “26-100: 12”, or sell packages: “100: 5 per 10”."
    ),
    ChargeModel.STAIRSTEP: (
        "A line each: “10: fee 50”, “100: fee 300”, at last “more: fee 500”, or “more: 2 + 300” "
        "for 2 more on each unit above 100."
    ),
    ChargeModel.PACKAGE: (
        "“100: fee 5” is a package of 100 at 5. Free units come before it on their own line: “50: 0”. "
        "With “more: 0.06” after it only full packages count, and units left over cost 0.06 each."
    ),
    ChargeModel.COMMITMENT: (
        "First the quantity and its fee: “1000: fee 500”. Then what lies above: “more: 0.40”."
    ),
    ChargeModel.CREDITS: (
        "First the credits of a period and what they cost: “1000: fee 80”, or “1000: 0”. Then what "
        "lies above: “more: 0.40”."
    ),
}
