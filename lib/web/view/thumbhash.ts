// Of what is imported on demand all is loaded that it exports: of the package that is three times as much.
export { thumbHashToRGBA } from 'thumbhash';
