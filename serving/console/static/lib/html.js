// Preact with hooks and htm: the only place that names the vendored file.
export {
  html,
  h,
  render,
  Component,
  createContext,
  useState,
  useReducer,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useCallback,
  useContext,
  useErrorBoundary,
} from "../vendor/preact-htm-3.1.1.module.js";
