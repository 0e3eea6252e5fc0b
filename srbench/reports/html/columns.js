/* Columns: how numbers of a column are shown; labels, units and digits come with the data (analysis/columns.py). */
const Columns = (() => {
  "use strict";

  /* JSON has no infinity; no score is NaN. */
  const number = (value) => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : (value ?? NaN));

  const text = ({ digits }, value) => {
    const found = number(value);
    if (Number.isNaN(found)) return "–";
    if (!Number.isFinite(found)) return found > 0 ? "∞" : "−∞";
    return digits === null ? String(Number(found.toPrecision(3))) : found.toFixed(digits);
  };

  const withUnit = ({ unit }, words) => (unit ? `${words} ${unit}` : words);

  const axis = ({ label, unit }) => (unit ? `${label}, ${unit}` : label);

  return {
    number,
    text,
    axis,
    directed: (column) => (column.better === "lower" ? `${axis(column)} (lower is better)` : axis(column)),
    measure: (column, value) => withUnit(column, text(column, value)),
    unit: ({ unit }) => withUnit({ unit }, ""),
    sign: ({ better }) => (better === "lower" ? -1 : 1),
  };
})();
