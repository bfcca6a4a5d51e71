// Artillery makes CommonJS of what it finds in TypeScript; Node reads it as it is.
export * from './engine.ts';
