"""What `bytebridge bench` measures: reaction, size and the cost of a decision."""
