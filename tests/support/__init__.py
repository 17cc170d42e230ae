"""What tests share: people, makers of rows, stages and readers. Nothing here is a test."""
