/** The legends of maps, one of which is shown; their numbers follow the chosen scale. */

import { number } from "./texts.js";

const part = (id) => document.getElementById(id);

const legends = () => [...document.querySelectorAll(".map-legend")];

/** A number with its sign, as short as it goes; for a scale. */
function tick(value) {
  const rounded = Number(Math.abs(value).toFixed(2));
  const text = number(rounded, String(rounded).split(".")[1]?.length ?? 0);
  return value === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

/** The colours that suit a map; the usual ones first. */
export function palettesOf(method) {
  return legends()
    .filter(({ dataset }) => dataset.method === method)
    .map(({ dataset }) => dataset.palette);
}

/** Let only the colours be chosen that suit the chosen map. */
export function offerPalettes() {
  const suitable = palettesOf(part("map-method").value);
  for (const option of part("map-palette").options) {
    option.hidden = !suitable.includes(option.value);
    option.disabled = option.hidden;
  }
  if (!suitable.includes(part("map-palette").value)) part("map-palette").value = suitable[0];
}

function renumber(legend, range) {
  const ticks = [...legend.querySelectorAll("[data-value]")];
  const most = Number(ticks.at(-1).dataset.value);
  for (const each of ticks) each.textContent = tick((each.dataset.value / most) * range);
}

/** Show the legend of the chosen map, with a range if its scale has one, or the usual one. */
export function showLegend(isUsual, range = null) {
  part("usual-legend").hidden = !isUsual;
  const [method, palette] = [part("map-method").value, part("map-palette").value];
  for (const legend of legends()) {
    const { dataset } = legend;
    legend.hidden = isUsual || dataset.method !== method || dataset.palette !== palette;
    if (!legend.hidden && range !== null) renumber(legend, range);
  }
}
