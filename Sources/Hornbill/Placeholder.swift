// Hornbill
