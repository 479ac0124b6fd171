/* The way between a slider's position and a field's value. Linear sliders use the value itself; a logarithmic one runs
   over round values (1, 1.2, 1.5, 2 ... per decade; 1, 2, 3, 4, 6, 8, 12 ... for whole numbers), so that each arrow
   press lands on a number a person would have typed. */
const DECADE = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
const OCTAVE = [1, 1.5];

const ladder = ({ type, min, max, step }) => {
  const lowest = min > 0 ? min : max * 1e-6;           // a scale that starts at 0 has 0 as its first place
  const octaves = type === "int" && !(step >= 10), base = octaves ? 2 : 10, values = new Set([min, max]);
  for (let power = Math.floor(Math.log(lowest) / Math.log(base)); base ** power <= max; power++) {
    for (const factor of octaves ? OCTAVE : DECADE) {
      let value = factor * base ** power;
      if (type === "int") value = Math.round(value / (step || 1)) * (step || 1);
      if (value >= lowest && value <= max) values.add(Number(value.toPrecision(6)));
    }
  }
  return [...values].sort((a, b) => a - b);
};

/** {min, max, step, place(value) -> position, value(position) -> value} of the slider; null without two bounds. */
export const sliderScale = field => {
  const { min, max, type, log } = field;
  if (min === null || min === undefined || max === null || max === undefined) return null;
  if (log && max > 0) {
    const values = ladder(field), end = values.length - 1;
    const place = value => {
      const above = values.findIndex(each => each >= value);
      if (above <= 0) return above < 0 ? end : 0;
      const low = Math.max(values[above - 1], values[1] / 10), high = values[above];
      return above - 1 + Math.max(0, Math.min(1, Math.log(value / low) / Math.log(high / low)));
    };
    return { min: 0, max: end, step: 1, place, value: position => values[Math.round(position)] };
  }
  const step = field.step || (type === "int" ? 1 : (max - min) / 100);
  // Adding steps to 0.1 gives 0.30000000000000004: round to the digits the step has.
  const value = position => type === "int" ? Math.round(position) : Number(Number(position).toPrecision(8));
  return { min, max, step, place: x => x, value };
};
