// A dynamic import loads all exports of its module; those of the whole package are three times as large.
export { thumbHashToRGBA } from 'thumbhash';
