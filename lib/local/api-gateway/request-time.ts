/**
 * The Common Log Format time that gateway events carry in `time` and `requestTime`:
 * `12/Mar/2020:19:03:58 +0000`.
 */
export const formatRequestTime = (epochMs: number): string => {
  const second = Math.floor(epochMs / 1000);
  if (second !== lastSecond) {
    const at = new Date(epochMs);
    const date = `${two(at.getUTCDate())}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
    const time = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
    lastText = `${date}:${time} +0000`;
    lastSecond = second;
  }
  return lastText;
};

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
let lastSecond = -1;
let lastText = '';

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));
