//! Turns a Show and what is heard into one picture's input.
