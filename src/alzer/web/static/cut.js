/** Hiding what a map says below a value: the layer over the scan, cut out. */

import { number, said, t } from "./texts.js";

const part = (id) => document.getElementById(id);

/** The slider, and the layer as far as it is shown. */
export class Cut {
  constructor(pictures) {
    this.pictures = pictures;
    this.map = null;
    this.drawing = 0;
    part("cut").addEventListener("input", () => this.apply());
    part("overlay-heat").addEventListener("load", () => this.apply());
  }

  /** Cut another map, from nothing hidden on; null: there are no numbers to cut by. */
  setMap(map) {
    const isSame = map && this.map && map.title === this.map.title;
    if (!isSame) part("cut").value = 0;
    this.map = map;
    part("cut-control").hidden = !map;
    this.apply();
  }

  /** Hide what is nearer to zero than the slider's share of the scale's end. */
  async apply() {
    const { map } = this;
    const least = map ? (part("cut").value / 100) * map.high : 0;
    if (map) part("cut-value").value = describe(map, least);
    const turn = (this.drawing += 1);
    if (least > 0) await this.draw(map.numbers, least, () => turn === this.drawing);
    if (turn === this.drawing) this.pictures.classList.toggle("cut", least > 0);
  }

  async draw(numbers, least, isWanted) {
    const heat = part("overlay-heat");
    await heat.decode().catch(() => null); // it may not be there yet
    if (!isWanted() || heat.naturalWidth * heat.naturalHeight !== numbers.length) return;
    const canvas = part("overlay-cut");
    [canvas.width, canvas.height] = [heat.naturalWidth, heat.naturalHeight];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(heat, 0, 0);
    const layer = context.getImageData(0, 0, canvas.width, canvas.height);
    for (const [place, value] of numbers.entries()) {
      if (!(Math.abs(value) >= least)) layer.data[4 * place + 3] = 0; // nor what is NaN
    }
    context.putImageData(layer, 0, 0);
  }
}

function describe({ isSigned, unit }, least) {
  const told = isSigned ? `±${number(least, 1)}` : number(least);
  return least > 0 ? `${told} ${said(unit)}` : t("all");
}
